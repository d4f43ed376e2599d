using Watchword.Core.Otp;
using Watchword.Server.Administration.Users;

namespace Watchword.Server.Portal.Pages.Users;

/// <summary>Fields and actions of users, as people read them.</summary>
internal static class UserWords
{
    /// <summary>A fault with the name that the form has for its field.</summary>
    public static string Fault(FieldFault fault) => fault.Field.Length == 0 ? fault.Fault : $"{Name(fault.Field)} {fault.Fault}";

    public static string Method(OtpChannel channel) => channel switch
    {
        OtpChannel.Sms => "SMS",
        OtpChannel.Email => "email",
        _ => channel.Wire(),
    };

    private static string Name(string field) => field switch
    {
        UserField.PhoneNumber => "The phone number",
        UserField.Email => "The email address",
        UserField.FirstName => "The first name",
        UserField.LastName => "The last name",
        UserField.Language => "The language",
        _ => field,
    };
}
