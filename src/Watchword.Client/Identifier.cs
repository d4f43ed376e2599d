namespace Watchword.Client;

/// <summary>A user, by whatever you know them by.</summary>
public readonly record struct Identifier
{
    private readonly string? _type;

    private Identifier(string type, string value)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(value);
        (_type, Value) = (type, value);
    }

    /// <summary>The kind, as the API spells it.</summary>
    public string Type => _type ?? throw new InvalidOperationException("Make an identifier by Identifier.PhoneNumber, Email, UserId or Username.");

    /// <summary>The value.</summary>
    public string Value { get; }

    /// <summary>By phone number, in international form: <c>+447700900123</c>. Spaces and brackets do no harm.</summary>
    public static Identifier PhoneNumber(string phoneNumber) => new("phone_number", phoneNumber);

    /// <summary>By email address.</summary>
    public static Identifier Email(string email) => new("email", email);

    /// <summary>By <see cref="Users.User.UserId"/>.</summary>
    public static Identifier UserId(string userId) => new("user_id", userId);

    /// <summary>By username, which is unique in the application.</summary>
    public static Identifier Username(string username) => new("username", username);

    /// <summary>The kind, never the value.</summary>
    public override string ToString() => $"{_type ?? "nobody"} ***";
}
