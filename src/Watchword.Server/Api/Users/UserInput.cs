using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Watchword.Core.Users;

namespace Watchword.Server.Api.Users;

/// <summary>Reads what a caller says of a user into canonical values, collecting every fault.</summary>
internal static partial class UserInput
{
    private const int LongestText = 256;
    private const int LongestJson = 16 * 1024;

    /// <summary>The request with its numbers and addresses in the one spelling that is stored. Use it only when there are no faults.</summary>
    public static UserRequest Canonical(UserRequest request, List<string> faults)
    {
        Text("username", request.Username, faults);
        Text("external_account_id", request.ExternalAccountId, faults);
        Text("external_user_id", request.ExternalUserId, faults);
        Text("name.title", request.Name?.Title, faults);
        Text("name.first_name", request.Name?.FirstName, faults);
        Text("name.middle_name", request.Name?.MiddleName, faults);
        Text("name.last_name", request.Name?.LastName, faults);
        if (request.Picture is { } picture && (picture.Length > 2000 || !Uri.TryCreate(picture, UriKind.Absolute, out var uri) || uri.Scheme is not ("https" or "http")))
            faults.Add("picture must be an http or https URL of at most 2000 characters.");
        if (request.Birthday is { } birthday && !DateOnly.TryParseExact(birthday, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _))
            faults.Add("birthday must be a date, for example 1990-12-31.");
        if (request.Language is { } language && !LanguageTag().IsMatch(language))
            faults.Add("language must be a language tag, for example en or pt-BR.");
        Json("address", request.Address, faults);
        Json("custom_data", request.CustomData, faults);
        Json("custom_app_data", request.CustomAppData, faults);
        return request with
        {
            PhoneNumber = request.PhoneNumber is null ? null : Phone("phone_number", request.PhoneNumber, faults),
            Email = request.Email is null ? null : Email("email", request.Email, faults),
            SecondaryPhoneNumbers = Each("secondary_phone_numbers", request.SecondaryPhoneNumbers, Phone, faults),
            SecondaryEmails = Each("secondary_emails", request.SecondaryEmails, Email, faults),
        };
    }

    /// <summary>A phone number from a path.</summary>
    public static bool TryPhone(string text, out string number)
    {
        var read = PhoneNumber.TryParse(text, out var parsed);
        number = parsed.E164;
        return read;
    }

    /// <summary>An email address from a path.</summary>
    public static bool TryEmail(string text, out string address)
    {
        var read = EmailAddress.TryParse(text, out var parsed);
        address = parsed.Value;
        return read;
    }

    private static IReadOnlyList<string>? Each(string name, IReadOnlyList<string>? values, Func<string, string?, List<string>, string> read, List<string> faults)
    {
        if (values?.Count > 10)
            faults.Add($"{name} may hold at most 10 entries.");
        return values is null ? null : [.. values.Take(10).Select((value, i) => read($"{name}[{i}]", value, faults))];
    }

    private static string Phone(string name, string? text, List<string> faults)
    {
        if (PhoneNumber.TryParse(text, out var number))
            return number.E164;
        faults.Add($"{name} must be a phone number in international form (E.164), for example +447700900123.");
        return "";
    }

    private static string Email(string name, string? text, List<string> faults)
    {
        if (EmailAddress.TryParse(text, out var address))
            return address.Value;
        faults.Add($"{name} must be an email address.");
        return "";
    }

    private static void Text(string name, string? value, List<string> faults)
    {
        if (value is not null && (value.Length is 0 or > LongestText || value.Any(char.IsControl) || value.Trim() != value))
            faults.Add($"{name} must be 1 to {LongestText} characters without control characters or spaces around it.");
    }

    private static void Json(string name, JsonElement? value, List<string> faults)
    {
        if (value is not { ValueKind: not JsonValueKind.Null } json)
            return;
        if (json.ValueKind != JsonValueKind.Object)
            faults.Add($"{name} must be an object.");
        else if (json.GetRawText().Length > LongestJson)
            faults.Add($"{name} must be at most 16 KiB of JSON.");
    }

    [GeneratedRegex(@"\A[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}\z")]
    private static partial Regex LanguageTag();
}
