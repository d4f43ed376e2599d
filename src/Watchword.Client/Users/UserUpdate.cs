using System.Text.Json;
using System.Text.Json.Nodes;
using Watchword.Client.Wire;

namespace Watchword.Client.Users;

/// <summary>
/// Changes to a user. <b>What you assign is changed; assign null to clear it; what you do not assign stays.</b> Lists and objects are
/// replaced, not merged. A new phone number or email address is not verified, and ends the user's sessions.
/// </summary>
/// <example><c>new UserUpdate { Language = "fr", Username = null }</c> changes the language, clears the username and leaves all else.</example>
public sealed class UserUpdate
{
    // What was assigned, and nothing else.
    private readonly SortedDictionary<string, JsonNode?> _assigned = new(StringComparer.Ordinal);

    /// <summary>The phone number, in international form.</summary>
    public string? PhoneNumber { get => Text("phone_number"); init => _assigned["phone_number"] = value; }

    /// <summary>The email address.</summary>
    public string? Email { get => Text("email"); init => _assigned["email"] = value; }

    /// <summary>The name they go by, unique in the application.</summary>
    public string? Username { get => Text("username"); init => _assigned["username"] = value; }

    /// <summary>Further email addresses, at most 10.</summary>
    public IReadOnlyList<string>? SecondaryEmails { get => Texts("secondary_emails"); init => _assigned["secondary_emails"] = List(value); }

    /// <summary>Further phone numbers, at most 10.</summary>
    public IReadOnlyList<string>? SecondaryPhoneNumbers { get => Texts("secondary_phone_numbers"); init => _assigned["secondary_phone_numbers"] = List(value); }

    /// <summary>The person's name.</summary>
    public PersonName? Name
    {
        get => _assigned.GetValueOrDefault("name")?.Deserialize(WatchwordJson.Default.PersonName);
        init => _assigned["name"] = value is null ? null : JsonSerializer.SerializeToNode(value, WatchwordJson.Default.PersonName);
    }

    /// <summary>The birthday.</summary>
    public DateOnly? Birthday
    {
        get => Text("birthday") is { } text ? DateOnly.ParseExact(text, "O") : null;
        init => _assigned["birthday"] = value?.ToString("O");
    }

    /// <summary>The address, in whatever shape you like.</summary>
    public JsonObject? Address { get => Object("address"); init => _assigned["address"] = value; }

    /// <summary>A picture's http or https URL.</summary>
    public string? Picture { get => Text("picture"); init => _assigned["picture"] = value; }

    /// <summary>The language, such as <c>pt-BR</c>. Messages are written in it.</summary>
    public string? Language { get => Text("language"); init => _assigned["language"] = value; }

    /// <summary>Your own id of the account.</summary>
    public string? ExternalAccountId { get => Text("external_account_id"); init => _assigned["external_account_id"] = value; }

    /// <summary>Your own id of the user, unique in the application.</summary>
    public string? ExternalUserId { get => Text("external_user_id"); init => _assigned["external_user_id"] = value; }

    /// <summary>Whatever else you know, seen by all applications of the tenant.</summary>
    public JsonObject? CustomData { get => Object("custom_data"); init => _assigned["custom_data"] = value; }

    /// <summary>Whatever else you know, seen by this application alone.</summary>
    public JsonObject? CustomAppData { get => Object("custom_app_data"); init => _assigned["custom_app_data"] = value; }

    /// <summary>Active or Disabled; for management clients. A disabled user's sessions end. Null is not a status and stays unassigned.</summary>
    public UserStatus? Status
    {
        get => Text("status") is { } text ? Enum.Parse<UserStatus>(text) : null;
        init
        {
            if (value is { } status)
                _assigned["status"] = status.ToString();
        }
    }

    /// <summary>The names of what changes, without values.</summary>
    public override string ToString() => "update of " + string.Join(", ", _assigned.Keys);

    internal JsonObject Body() => new(_assigned.Select(a => KeyValuePair.Create(a.Key, a.Value?.DeepClone())));

    private static JsonArray? List(IReadOnlyList<string>? values) => values is null ? null : new JsonArray([.. values.Select(v => (JsonNode?)JsonValue.Create(v))]);

    private string? Text(string name) => (string?)_assigned.GetValueOrDefault(name);

    private List<string>? Texts(string name) => (_assigned.GetValueOrDefault(name) as JsonArray)?.Select(n => (string)n!).ToList();

    private JsonObject? Object(string name) => _assigned.GetValueOrDefault(name) as JsonObject;
}
