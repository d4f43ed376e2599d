using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Watchword.Core.Users;

namespace Watchword.Server.Administration.Users;

/// <summary>What somebody says of a user, as they wrote it: all fields to create one, some to change one.</summary>
internal sealed partial record UserDraft
{
    private const int LongestText = 256;
    private const int LongestJson = 16 * 1024;

    public string? Email { get; init; }
    public string? PhoneNumber { get; init; }
    public string? Username { get; init; }
    public IReadOnlyList<string>? SecondaryEmails { get; init; }
    public IReadOnlyList<string>? SecondaryPhoneNumbers { get; init; }
    public PersonName? Name { get; init; }
    public string? Birthday { get; init; }
    public JsonElement? Address { get; init; }
    public string? Picture { get; init; }
    public string? Language { get; init; }
    public string? ExternalAccountId { get; init; }
    public string? ExternalUserId { get; init; }
    public JsonElement? CustomData { get; init; }
    public JsonElement? CustomAppData { get; init; }

    /// <summary>Counts for a change only.</summary>
    public string? Status { get; init; }

    /// <summary>The draft with its numbers and addresses in the one spelling that is stored. Use it only when there are no faults.</summary>
    public UserDraft Canonical(List<FieldFault> faults)
    {
        Text(UserField.Username, Username, faults);
        Text(UserField.ExternalAccountId, ExternalAccountId, faults);
        Text(UserField.ExternalUserId, ExternalUserId, faults);
        Text("name.title", Name?.Title, faults);
        Text(UserField.FirstName, Name?.FirstName, faults);
        Text("name.middle_name", Name?.MiddleName, faults);
        Text(UserField.LastName, Name?.LastName, faults);
        if (Picture is { } picture && (picture.Length > 2000 || !Uri.TryCreate(picture, UriKind.Absolute, out var uri) || uri.Scheme is not ("https" or "http")))
            faults.Add(new(UserField.Picture, "must be an http or https URL of at most 2000 characters."));
        if (Birthday is { } birthday && !DateOnly.TryParseExact(birthday, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _))
            faults.Add(new(UserField.Birthday, "must be a date, for example 1990-12-31."));
        if (Language is { } language && !LanguageTag().IsMatch(language))
            faults.Add(new(UserField.Language, "must be a language tag, for example en or pt-BR."));
        Json(UserField.Address, Address, faults);
        Json(UserField.CustomData, CustomData, faults);
        Json(UserField.CustomAppData, CustomAppData, faults);
        return this with
        {
            PhoneNumber = PhoneNumber is null ? null : Phone(UserField.PhoneNumber, PhoneNumber, faults),
            Email = Email is null ? null : Mail(UserField.Email, Email, faults),
            SecondaryPhoneNumbers = Each(UserField.SecondaryPhoneNumbers, SecondaryPhoneNumbers, Phone, faults),
            SecondaryEmails = Each(UserField.SecondaryEmails, SecondaryEmails, Mail, faults),
        };
    }

    private static IReadOnlyList<string>? Each(string name, IReadOnlyList<string>? values, Func<string, string?, List<FieldFault>, string> read, List<FieldFault> faults)
    {
        if (values?.Count > 10)
            faults.Add(new(name, "may hold at most 10 entries."));
        return values is null ? null : [.. values.Take(10).Select((value, i) => read($"{name}[{i}]", value, faults))];
    }

    private static string Phone(string name, string? text, List<FieldFault> faults)
    {
        if (Core.Users.PhoneNumber.TryParse(text, out var number))
            return number.E164;
        faults.Add(new(name, "must be a phone number in international form (E.164), for example +447700900123."));
        return "";
    }

    private static string Mail(string name, string? text, List<FieldFault> faults)
    {
        if (EmailAddress.TryParse(text, out var address))
            return address.Value;
        faults.Add(new(name, "must be an email address."));
        return "";
    }

    private static void Text(string name, string? value, List<FieldFault> faults)
    {
        if (value is not null && (value.Length is 0 or > LongestText || value.Any(char.IsControl) || value.Trim() != value))
            faults.Add(new(name, $"must be 1 to {LongestText} characters without control characters or spaces around it."));
    }

    private static void Json(string name, JsonElement? value, List<FieldFault> faults)
    {
        if (value is not { ValueKind: not JsonValueKind.Null } json)
            return;
        if (json.ValueKind != JsonValueKind.Object)
            faults.Add(new(name, "must be an object."));
        else if (json.GetRawText().Length > LongestJson)
            faults.Add(new(name, "must be at most 16 KiB of JSON."));
    }

    [GeneratedRegex(@"\A[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}\z")]
    private static partial Regex LanguageTag();
}
