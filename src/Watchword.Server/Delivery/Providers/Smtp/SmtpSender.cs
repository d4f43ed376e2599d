using System.Net.Sockets;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;
using Watchword.Core.Otp;

namespace Watchword.Server.Delivery.Providers.Smtp;

/// <summary>
/// Hands mail over as RFC 6409 has it, one connection a message: what a server thinks of an idle connection differs too much to keep
/// them. Until the message's data is sent nothing can have been taken; a connection that breaks after that leaves it open.
/// </summary>
internal sealed class SmtpSender(string name, ProviderSettings settings, ProviderNetworks networks) : IMessageSender
{
    // As for HTTP: a server that cannot be reached is then known not to have the message.
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(4);

    private readonly string _host = settings.Required("host");
    private readonly string _from = settings.Required("from_address");
    private readonly string? _user = settings["username"];
    private readonly string? _password = settings["password"];

    public string Name => name;

    public bool Carries(OtpChannel channel) => channel == OtpChannel.Email;

    public async Task<SendResult> SendAsync(Handover handover, CancellationToken cancellation)
    {
        using var mail = Compose(handover);
        // Like HTTPS everywhere here: certificates are checked, revocation lists, which many networks hide, are not asked for.
        using var smtp = new SmtpClient { CheckCertificateRevocation = false };
        var data = new DataSent();
        try
        {
            var port = SmtpProvider.Port(settings);
            await smtp.ConnectAsync(await ReachAsync(port, cancellation), _host, port, SmtpProvider.Security(settings), cancellation);
            if (_user is not null)
                await smtp.AuthenticateAsync(_user, _password ?? "", cancellation);
            await smtp.SendAsync(mail, cancellation, data);
        }
        catch (Exception failure) when (Judge(failure, data.Began, handover.Content) is { } result)
        {
            cancellation.ThrowIfCancellationRequested();
            return result;
        }
        await ByeAsync(smtp, cancellation);
        return new SendResult(SendOutcome.Accepted);
    }

    private async Task<Socket> ReachAsync(int port, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(ConnectTimeout);
        try
        {
            return await networks.ConnectAsync(_host, port, patience.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new SocketException((int)SocketError.TimedOut);
        }
    }

    /// <summary>The server has the message; how it takes the goodbye does not matter, nor does running out of time here.</summary>
    private static async Task ByeAsync(SmtpClient smtp, CancellationToken cancellation)
    {
        try
        {
            await smtp.DisconnectAsync(quit: true, cancellation);
        }
        catch (Exception failure) when (failure is OperationCanceledException or IOException or ProtocolException or SocketException)
        {
            // Disposing closes the connection.
        }
    }

    private MimeMessage Compose(Handover handover)
    {
        var content = handover.Content;
        var mail = new MimeMessage
        {
            Subject = OneLine(content.Subject ?? "Your code"),
            // The same for every try, so that mailboxes can tell a second copy.
            MessageId = $"{handover.MessageId}@{_from[(_from.LastIndexOf('@') + 1)..]}",
            Body = new TextPart("plain") { Text = content.Text },
        };
        // A route's sender is an address, a caller's a name.
        mail.From.Add(MailboxAddress.TryParse(content.Sender, out var address) && address.Address == content.Sender && address.Address.Contains('@', StringComparison.Ordinal)
            ? new MailboxAddress(OneLine(settings["from_name"] ?? ""), content.Sender)
            : new MailboxAddress(OneLine(content.Sender ?? settings["from_name"] ?? ""), _from));
        mail.To.Add(new MailboxAddress("", content.To));
        // No holiday replies to a machine (RFC 3834 §5).
        mail.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        return mail;
    }

    private static string OneLine(string text) => string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));

    private SendResult? Judge(Exception failure, bool dataSent, MessageContent content) => failure switch
    {
        InternalAddressException => ProviderNetworks.Refusal,
        SmtpCommandException command => Answered(command, content),
        AuthenticationException { InnerException: SmtpCommandException { StatusCode: < (SmtpStatusCode)500 } later } =>
            Quoting(new(SendOutcome.TryLater, "The mail server cannot check logins now."), later, content),
        AuthenticationException login => Quoting(new(SendOutcome.Misconfigured, "The mail server does not accept the user name and password; check them."),
            login.InnerException as SmtpCommandException, content),
        ServiceNotAuthenticatedException => new(SendOutcome.Misconfigured, "The mail server wants a login; set username and password."),
        SslHandshakeException => new(SendOutcome.TryLater,
            "No secure connection to the mail server came about; its certificate may be wrong or expired, or the port may be for another kind of security."),
        NotSupportedException => new(SendOutcome.Misconfigured, "The mail server does not offer what the settings ask for; check security, and whether it takes logins."),
        IOException or ProtocolException or SocketException when dataSent =>
            new(SendOutcome.Unknown, "The connection to the mail server broke before its answer came, so it may have taken the message."),
        SocketException or IOException or ProtocolException => new(SendOutcome.TryLater, "The mail server could not be reached."),
        // Nothing was sent: the library cannot write this address.
        ArgumentException => new(SendOutcome.Refused, "The address cannot be written in a mail."),
        // What a server says can also make no sense.
        ServiceNotConnectedException or InvalidOperationException or FormatException => dataSent
            ? new(SendOutcome.Unknown, "The mail server's answers could not be read, so it may have taken the message.")
            : new(SendOutcome.TryLater, "The mail server's answers could not be read."),
        _ => null,
    };

    /// <summary>The server's own answer (RFC 5321 §4.2, with the enhanced codes of RFC 3463 where it sends them).</summary>
    private SendResult Answered(SmtpCommandException answer, MessageContent content)
    {
        var status = (int)answer.StatusCode;
        // 5.7: for reasons of security or policy, which is the sender's business and not the recipient's.
        var policy = answer.Message.TrimStart().StartsWith("5.7.", StringComparison.Ordinal);
        SendResult result = (status, answer.ErrorCode) switch
        {
            (< 500, _) => new(SendOutcome.TryLater, "The mail server does not take the message now."),
            (530, _) => new(SendOutcome.Misconfigured, "The mail server wants a login; set username and password."),
            (_, SmtpErrorCode.SenderNotAccepted) => new(SendOutcome.Misconfigured, "The mail server does not send from this address; check from_address."),
            (_, SmtpErrorCode.RecipientNotAccepted) when !policy => new(SendOutcome.Refused, "The mail server refuses the recipient's address."),
            (_, SmtpErrorCode.RecipientNotAccepted) =>
                new(SendOutcome.Misconfigured, "The mail server does not bring mail to this recipient for you; check username and from_address."),
            _ => new(SendOutcome.Misconfigured, "The mail server does not take the message; check from_address and what the server allows."),
        };
        return Quoting(result, answer, content);
    }

    private SendResult Quoting(SendResult result, SmtpCommandException? answer, MessageContent content) => answer is null ? result : result with
    {
        ProviderCode = $"SMTP {(int)answer.StatusCode}",
        ProviderText = Redaction.Of(answer.Message, content, _user, _password),
    };

    /// <summary>Whether any of the mail itself has been sent; before that there is nothing a server could have taken.</summary>
    private sealed class DataSent : ITransferProgress
    {
        public bool Began { get; private set; }

        public void Report(long bytesTransferred, long totalSize) => Began = true;

        public void Report(long bytesTransferred) => Began = true;
    }
}
