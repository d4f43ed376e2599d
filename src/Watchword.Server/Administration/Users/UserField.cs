namespace Watchword.Server.Administration.Users;

/// <summary>What can be said of a user, by the names that the API, faults, the audit log and imports use.</summary>
internal static class UserField
{
    public const string Email = "email";
    public const string PhoneNumber = "phone_number";
    public const string Username = "username";
    public const string SecondaryEmails = "secondary_emails";
    public const string SecondaryPhoneNumbers = "secondary_phone_numbers";
    public const string Name = "name";
    public const string FirstName = "name.first_name";
    public const string LastName = "name.last_name";
    public const string Birthday = "birthday";
    public const string Address = "address";
    public const string Picture = "picture";
    public const string Language = "language";
    public const string ExternalAccountId = "external_account_id";
    public const string ExternalUserId = "external_user_id";
    public const string CustomData = "custom_data";
    public const string CustomAppData = "custom_app_data";
    public const string Status = "status";

    /// <summary>Those that can be changed, each by itself.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        Email, PhoneNumber, Username, SecondaryEmails, SecondaryPhoneNumbers, Name, Birthday, Address, Picture, Language, ExternalAccountId, ExternalUserId, CustomData, CustomAppData,
    ];
}

/// <summary>What is wrong with a field.</summary>
/// <param name="Field">Its name; empty when it is none in particular.</param>
/// <param name="Fault">The rest of the sentence.</param>
internal sealed record FieldFault(string Field, string Fault)
{
    /// <summary>The whole sentence.</summary>
    public string Sentence => Field.Length == 0 ? Fault : $"{Field} {Fault}";
}
