using Watchword.Core.Otp;

namespace Watchword.Server.Portal.Pages.Applications;

/// <summary>What the methods are called, and what each is.</summary>
internal static class MethodWords
{
    public static string NameOf(OtpChannel channel) => channel switch
    {
        OtpChannel.Sms => "SMS",
        OtpChannel.Email => "Email",
        _ => "Direct",
    };

    public static string Describe(OtpChannel channel) => channel switch
    {
        OtpChannel.Sms => "Users get their code in a text message.",
        OtpChannel.Email => "Users get their code in an email.",
        _ => "Your backend gets the code and brings it to the user by its own means.",
    };

    /// <summary>The open methods, in a list for people.</summary>
    public static string Open(LoginPreferences preferences) =>
        string.Join(", ", OtpChannelNames.Channels.Where(c => preferences.For(c) is not null).Select(NameOf)) is { Length: > 0 } open ? open : "None";
}
