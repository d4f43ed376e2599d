using Watchword.Core.Otp;

namespace Watchword.Server.Delivery.Providers;

/// <summary>
/// A kind of provider, such as Twilio: what an administrator fills in, how a message is handed over, how its receipts are read. Each kind
/// is a folder here and one line in the composition root.
/// </summary>
internal interface IProvider
{
    /// <summary>Its name on the wire, such as <c>SalesforceMarketingCloud</c>.</summary>
    string Kind { get; }

    /// <summary>What people call it.</summary>
    string Title => Kind;

    /// <summary>What it is, in a sentence for whoever chooses one; empty where the title says it all.</summary>
    string About => "";

    /// <summary>The channel it carries.</summary>
    OtpChannel Channel { get; }

    /// <summary>The provider's own page; relative where it is one of ours.</summary>
    Uri Documentation { get; }

    /// <summary>What an administrator fills in, in the order of a form.</summary>
    IReadOnlyList<ProviderField> Fields { get; }

    /// <summary>What is wrong with the settings beyond a required field that is missing; a sentence each.</summary>
    IEnumerable<string> Faults(ProviderSettings settings);

    /// <summary>
    /// What can be found out by asking the provider before the settings are kept; null when all is well or there is nothing to ask,
    /// otherwise a sentence that says what to do.
    /// </summary>
    Task<string?> VerifyAsync(ProviderSettings settings, CancellationToken cancellation) => Task.FromResult<string?>(null);

    /// <summary>A sender with these settings, kept for as long as they do not change. Settings have been checked.</summary>
    IMessageSender Open(string name, ProviderSettings settings);

    /// <summary>Reads this kind's delivery receipts; null when it sends none.</summary>
    IReceiptReader? Receipts => null;
}

/// <summary>One thing an administrator fills in.</summary>
/// <param name="Name">Its name on the wire, in snake case.</param>
/// <param name="Label">Its name on a form.</param>
/// <param name="Help">One sentence: what it is and where to find it.</param>
/// <param name="Required">Whether the provider is of no use without it.</param>
/// <param name="Secret">Written, never read back.</param>
/// <param name="Address">Where the secrets are sent to: when it changes they have to be given again, or they could be had by having them sent elsewhere.</param>
internal sealed record ProviderField(string Name, string Label, string Help, bool Required = false, bool Secret = false, bool Address = false);

/// <summary>What was filled in, by field name; absent and blank are the same.</summary>
internal sealed class ProviderSettings(IReadOnlyDictionary<string, string> values)
{
    /// <summary>The value, or null.</summary>
    public string? this[string name] => values.TryGetValue(name, out var value) && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;

    /// <summary>The value of a required field.</summary>
    public string Required(string name) => this[name] ?? throw new InvalidOperationException($"The setting {name} is missing.");

    /// <summary>Masked: it holds secrets.</summary>
    public override string ToString() => "[provider settings]";
}

/// <summary>A request to a receipt address, as far as readers may need it.</summary>
/// <param name="Url">The whole public address that was called, from the configured public URL, with its query.</param>
/// <param name="Headers">By lower-case name.</param>
/// <param name="Body">As it came.</param>
internal sealed record ReceiptRequest(Uri Url, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    /// <summary>Our id of the message that the address is about: its last part. A receipt is for no other message.</summary>
    public string MessageId => Url.Segments[^1];

    /// <summary>Masked: the address holds the message's key, the body its number.</summary>
    public override string ToString() => "[receipt]";
}

/// <summary>What a provider reports of one message.</summary>
internal enum ReceiptStatus
{
    /// <summary>On its way: the provider has it. Also proves that an unknown handover was taken.</summary>
    Sent,

    /// <summary>On the phone.</summary>
    Delivered,

    /// <summary>It will not arrive.</summary>
    Undelivered,
}

/// <summary>One line of a receipt.</summary>
/// <param name="MessageId">Our id; null: the one in the address that was called.</param>
/// <param name="Status">What it says.</param>
internal sealed record Receipt(string? MessageId, ReceiptStatus Status)
{
    /// <summary>The provider's id of the message.</summary>
    public string? ProviderMessageId { get; init; }

    /// <summary>The provider's own error code.</summary>
    public string? ProviderCode { get; init; }

    /// <summary>Why, in our words, where the provider said so.</summary>
    public string? Reason { get; init; }
}

/// <summary>What a reader made of a request: receipts, perhaps none that matter; or null receipts, and why they do not count.</summary>
internal readonly record struct ReceiptReading(IReadOnlyList<Receipt>? Receipts, string? Fault = null)
{
    /// <summary>It does not prove that it comes from the provider.</summary>
    public static ReceiptReading Forged { get; } = new(null, "The signature of the receipt is missing or wrong.");

    /// <summary>It is not in the provider's format.</summary>
    public static ReceiptReading Unreadable { get; } = new(null, "The receipt is not in the provider's format.");
}

/// <summary>Checks where a receipt comes from and reads it.</summary>
internal interface IReceiptReader
{
    /// <summary>Never throws: whatever strangers post here is either a receipt or not.</summary>
    ReceiptReading Read(ReceiptRequest request, ProviderSettings settings);
}
