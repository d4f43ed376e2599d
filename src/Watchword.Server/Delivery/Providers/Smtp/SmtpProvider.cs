using System.Globalization;
using System.Net;
using MailKit.Security;
using MimeKit;
using Watchword.Core.Otp;

namespace Watchword.Server.Delivery.Providers.Smtp;

/// <summary>Email by any SMTP server.</summary>
internal sealed class SmtpProvider(ProviderNetworks networks) : IProvider
{
    public string Kind => "Smtp";

    public string Title => "SMTP";

    public string About => "Email by any mail server that takes submissions.";

    public OtpChannel Channel => OtpChannel.Email;

    public Uri Documentation { get; } = new("https://www.rfc-editor.org/rfc/rfc6409");

    public IReadOnlyList<ProviderField> Fields { get; } =
    [
        new("host", "Host", "The mail server's name, such as smtp.example.com.", Required: true, Address: true),
        new("port", "Port", "When empty: 587, or 465 for tls.", Address: true),
        new("security", "Security", "starttls (when empty), tls, or none for a server on this machine.", Address: true),
        new("username", "User name", "Where the server wants a login."),
        new("password", "Password", "Belongs to the user name.", Secret: true),
        new("from_address", "From address", "The sender's address; its domain should allow this server (SPF, DKIM).", Required: true),
        new("from_name", "From name", "The sender's name, where the caller names none."),
    ];

    public IEnumerable<string> Faults(ProviderSettings settings)
    {
        if (settings["host"] is { } host && Uri.CheckHostName(host) == UriHostNameType.Unknown)
            yield return "host must be a host name or an IP address, without a port.";
        if (settings["port"] is { } port && (!int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is < 1 or > 65535))
            yield return "port must be a number from 1 to 65535.";
        if (settings["security"] is not (null or "starttls" or "tls" or "none"))
            yield return "security must be starttls, tls or none.";
        if (settings["security"] == "none" && settings["host"] is { } open && !IsThisMachine(open))
            yield return "security must be starttls or tls, because codes travel over it; none is allowed on this machine only.";
        if (settings["username"] is null != settings["password"] is null)
            yield return "username and password belong together; set both or neither.";
        if (settings["from_address"] is { } from && !(MailboxAddress.TryParse(from, out var mailbox) && mailbox.Address == from))
            yield return "from_address must be an email address, for example login@example.com.";
        if (settings["from_name"] is { } name && name.Any(char.IsControl))
            yield return "from_name must not hold control characters.";
    }

    public IMessageSender Open(string name, ProviderSettings settings) => new SmtpSender(name, settings, networks);

    /// <summary>How to secure a connection with these settings: never less than asked for.</summary>
    internal static SecureSocketOptions Security(ProviderSettings settings) => settings["security"] switch
    {
        "tls" => SecureSocketOptions.SslOnConnect,
        "none" when IsThisMachine(settings.Required("host")) => SecureSocketOptions.None,
        _ => SecureSocketOptions.StartTls,
    };

    /// <summary>The port, or the usual one.</summary>
    internal static int Port(ProviderSettings settings) =>
        settings["port"] is { } port ? int.Parse(port, CultureInfo.InvariantCulture) : settings["security"] == "tls" ? 465 : 587;

    private static bool IsThisMachine(string host) =>
        host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
