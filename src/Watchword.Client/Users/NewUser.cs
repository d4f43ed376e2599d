using System.Text.Json.Nodes;

namespace Watchword.Client.Users;

/// <summary>A user to create. A phone number or an email address is required.</summary>
public sealed record NewUser
{
    /// <summary>The phone number, in international form.</summary>
    public string? PhoneNumber { get; init; }

    /// <summary>The email address.</summary>
    public string? Email { get; init; }

    /// <summary>The name they go by, unique in the application.</summary>
    public string? Username { get; init; }

    /// <summary>Further email addresses, at most 10.</summary>
    public IReadOnlyList<string>? SecondaryEmails { get; init; }

    /// <summary>Further phone numbers, at most 10.</summary>
    public IReadOnlyList<string>? SecondaryPhoneNumbers { get; init; }

    /// <summary>The person's name.</summary>
    public PersonName? Name { get; init; }

    /// <summary>The birthday.</summary>
    public DateOnly? Birthday { get; init; }

    /// <summary>The address, in whatever shape you like.</summary>
    public JsonObject? Address { get; init; }

    /// <summary>A picture's http or https URL.</summary>
    public string? Picture { get; init; }

    /// <summary>The language, such as <c>pt-BR</c>. Messages are written in it.</summary>
    public string? Language { get; init; }

    /// <summary>Your own id of the account.</summary>
    public string? ExternalAccountId { get; init; }

    /// <summary>Your own id of the user, unique in the application.</summary>
    public string? ExternalUserId { get; init; }

    /// <summary>Whatever else you know, seen by all applications of the tenant.</summary>
    public JsonObject? CustomData { get; init; }

    /// <summary>Whatever else you know, seen by this application alone.</summary>
    public JsonObject? CustomAppData { get; init; }

    /// <summary>Nothing of the person.</summary>
    public override string ToString() => "new user";
}
