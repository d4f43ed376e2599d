using Watchword.Core.Otp;
using Watchword.Core.Users;
using Watchword.Server.Storage;

namespace Watchword.Server.Api.Otp;

/// <summary>Where a code goes.</summary>
/// <param name="Address">E.164 number or email address; empty on channel <c>direct</c>.</param>
/// <param name="Masked">For the message record.</param>
/// <param name="Region">The number's region, or <c>ZZ</c>.</param>
/// <param name="Custom">It is not the user's stored one.</param>
internal sealed record OtpDestination(string Address, string Masked, string Region, bool Custom)
{
    public static OtpDestination None { get; } = new("", "", "ZZ", Custom: false);

    public static OtpDestination To(PhoneNumber number, bool custom) => new(number.E164, number.Masked, number.Region, custom);

    public static OtpDestination To(EmailAddress address, bool custom) => new(address.Value, address.Masked, "ZZ", custom);

    /// <summary>The keyed tag by which this destination is limited, bound and recognised.</summary>
    public string Tag(MasterKey keys, string tenant, OtpChannel channel) => TagOf(keys, tenant, channel, Address);

    /// <summary>The tags of where a user's own codes go now, by the channels asked for.</summary>
    public static IReadOnlyList<string> TagsOf(MasterKey keys, User user, IEnumerable<OtpChannel> channels) =>
        [.. channels.Where(c => c != OtpChannel.Direct).Distinct().Select(c => TagOf(keys, user.TenantId, c, (c == OtpChannel.Sms ? user.PhoneNumber : user.Email) ?? ""))];

    private static string TagOf(MasterKey keys, string tenant, OtpChannel channel, string address) =>
        channel == OtpChannel.Direct ? "" : Tags.TextOf(keys.DestinationKey, tenant, channel.Wire(), address);
}

/// <summary>A user as the caller names them, in the one spelling that is stored.</summary>
internal readonly record struct Identifier(IdentifierType Type, string Value)
{
    /// <summary>Reads the two fields of a request; otherwise says what is wrong.</summary>
    public static bool TryRead(string? type, string? value, out Identifier identifier, out string fault)
    {
        identifier = default;
        fault = "";
        if (string.IsNullOrEmpty(value) || value.Length > 256 || value.Any(char.IsControl) && type != "phone_number")
        {
            fault = "identifier is required: at most 256 characters, no control characters.";
            return false;
        }
        switch (type)
        {
            case "phone_number":
                if (!PhoneNumber.TryParse(value, out var number))
                {
                    fault = "identifier must be a phone number in international form (E.164), for example +447700900123.";
                    return false;
                }
                identifier = new(IdentifierType.PhoneNumber, number.E164);
                return true;
            case "email":
                if (!EmailAddress.TryParse(value, out var address))
                {
                    fault = "identifier must be an email address.";
                    return false;
                }
                identifier = new(IdentifierType.Email, address.Value);
                return true;
            case "user_id":
                identifier = new(IdentifierType.UserId, value);
                return true;
            case "username":
                identifier = new(IdentifierType.Username, UserStore.KeyOf(value)!);
                return true;
            default:
                fault = "identifier_type must be phone_number, email, user_id or username.";
                return false;
        }
    }

    /// <summary>The name under which a user that does not exist is treated like one that does.</summary>
    public string DecoyUserId(MasterKey keys, string tenant, string app) =>
        ChallengeStore.DecoyOf(keys, tenant, app, Type, Value);
}
