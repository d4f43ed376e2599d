using System.Text.Json;

namespace Watchword.Server.Delivery.Providers;

/// <summary>What a provider answered, or why there is no answer.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Body">The body, when it was short enough to be read; otherwise empty.</param>
/// <param name="RetryAfter">How long it asked to be left alone.</param>
internal sealed record ProviderAnswer(int Status, byte[] Body, TimeSpan? RetryAfter)
{
    /// <summary>What became of the request, when there is no answer to read.</summary>
    public SendResult? Fault { get; private init; }

    /// <summary>Whether the status says that it went well.</summary>
    public bool Good => Status is >= 200 and < 300;

    /// <summary>The body as JSON; undefined when it is not.</summary>
    public JsonElement Json { get; } = JsonPick.Parse(Body);

    /// <summary>No answer came.</summary>
    public static ProviderAnswer None(SendResult fault) => new(0, [], RetryAfter: null) { Fault = fault };

    /// <summary>A yes in a form that nobody knows: perhaps the message was taken.</summary>
    public SendResult Unreadable() => new(SendOutcome.Unknown, "The provider's answer could not be read, so it may have taken the message.")
    {
        ProviderCode = $"HTTP {Status}",
    };

    /// <summary>What the status alone says of a message that was not taken.</summary>
    public SendResult ByStatus() => Judge() with { ProviderCode = $"HTTP {Status}", RetryAfter = RetryAfter };

    private SendResult Judge() => Status switch
    {
        >= 300 and < 400 => new(SendOutcome.Misconfigured, "The provider's address answers with a redirect, which is not followed; set the address that it leads to."),
        401 or 403 or 407 => new(SendOutcome.Misconfigured, "The provider does not accept the credentials; check them and what they are allowed to do."),
        402 => new(SendOutcome.Misconfigured, "The account at the provider has no money left; top it up."),
        404 or 405 or 410 => new(SendOutcome.Misconfigured, "The provider does not know this address; check the host and the ids in the settings."),
        429 => new(SendOutcome.TryLater, "The provider asks for fewer messages a second."),
        408 or 425 => new(SendOutcome.TryLater, "The provider did not take the request in time."),
        502 or 504 => new(SendOutcome.Unknown, "Something in front of the provider did not hear from it, so it may have taken the message."),
        >= 500 => new(SendOutcome.TryLater, "The provider has a problem of its own."),
        >= 400 => new(SendOutcome.Misconfigured, "The provider does not take the request as it is made; check the settings."),
        _ => new(SendOutcome.Unknown, "The provider's answer could not be read, so it may have taken the message."),
    };
}
