using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Watchword.Core.Otp;
using Watchword.Server.Delivery;
using Watchword.Server.Delivery.Providers;
using Watchword.Server.Delivery.Providers.Smtp;

namespace Watchword.Server.Tests.Delivery.Providers;

/// <summary>Mail over SMTP, against a server that answers what the test says.</summary>
public sealed class SmtpTests : IAsyncDisposable
{
    private const string Text = "Your code is 482913.\nIt is good for five minutes.";
    private readonly LoopbackMailServer _server = new();
    private readonly SmtpProvider _provider = new(LoopbackGateway.Networks);

    private Dictionary<string, string> Settings => new()
    {
        ["host"] = "127.0.0.1",
        ["port"] = _server.Port.ToString(CultureInfo.InvariantCulture),
        ["security"] = "none",
        ["username"] = "mailer",
        ["password"] = "s3cret-password",
        ["from_address"] = "login@acme.example",
        ["from_name"] = "Acme",
    };

    private IMessageSender Sender(params (string Name, string Value)[] other) => _provider.Open("mail", SettingsWith(other));

    private ProviderSettings SettingsWith(params (string Name, string Value)[] other)
    {
        var settings = Settings;
        foreach (var (name, value) in other)
            settings[name] = value;
        return new(settings);
    }

    private static Handover Mail(string? sender = null, string subject = "Your code") =>
        new("0199c8f2a4b47c3e9d10aa55bb66cc77", new MessageContent("ann@example.com", sender, Text, subject), ReceiptUrl: null);

    private Task<SendResult> SendAsync(params (string Name, string Value)[] other) => Sender(other).SendAsync(Mail(), CancellationToken.None);

    [Fact]
    public async Task A_mail_is_handed_over_after_a_login()
    {
        Assert.Empty(_provider.Faults(new(Settings)));
        var result = await SendAsync();
        Assert.Equal((SendOutcome.Accepted, null), (result.Outcome, result.Reason));
        Assert.Contains("AUTH PLAIN " + Convert.ToBase64String(Encoding.UTF8.GetBytes("\0mailer\0s3cret-password")), _server.Lines);
        Assert.Contains(_server.Lines, l => l.StartsWith("MAIL FROM:<login@acme.example>", StringComparison.Ordinal));
        Assert.Contains(_server.Lines, l => l.StartsWith("RCPT TO:<ann@example.com>", StringComparison.Ordinal));
        string[] mail = ["From: Acme <login@acme.example>", "To: ann@example.com", "Subject: Your code", "Message-Id: <0199c8f2a4b47c3e9d10aa55bb66cc77@acme.example>", "Auto-Submitted: auto-generated", "Your code is 482913.", "It is good for five minutes.", "."];
        Assert.All(mail, line => Assert.Contains(line, _server.Lines, StringComparer.OrdinalIgnoreCase));
        Assert.Equal("QUIT", _server.Lines[^1]);
        Assert.True(Sender().Carries(OtpChannel.Email));
        Assert.False(Sender().Carries(OtpChannel.Sms));
    }

    [Fact]
    public async Task A_routes_sender_is_an_address_and_a_callers_a_name()
    {
        await Sender().SendAsync(Mail("codes@brand.example"), CancellationToken.None);
        Assert.Contains("From: Acme <codes@brand.example>", _server.Lines);
        await Sender().SendAsync(Mail("Brand"), CancellationToken.None);
        Assert.Contains("From: Brand <login@acme.example>", _server.Lines);
    }

    [Fact]
    public async Task A_subject_or_name_cannot_add_headers()
    {
        var result = await Sender().SendAsync(Mail("Evil\r\nBcc: eve@example.com", "Hello\r\nBcc: eve@example.com"), CancellationToken.None);
        Assert.Equal(SendOutcome.Accepted, result.Outcome);
        Assert.DoesNotContain(_server.Lines, l => l.StartsWith("Bcc", StringComparison.OrdinalIgnoreCase) || l.StartsWith("RCPT TO:<eve", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("connect", "421 4.3.2 Too busy", "TryLater")]
    [InlineData("AUTH", "454 4.7.0 Temporary authentication failure", "TryLater")]
    [InlineData("AUTH", "535 5.7.8 Authentication credentials invalid", "Misconfigured")]
    [InlineData("MAIL", "451 4.3.0 Try again", "TryLater")]
    [InlineData("MAIL", "530 5.7.0 Authentication required", "Misconfigured")]
    [InlineData("MAIL", "553 5.7.1 Sender address rejected: not owned by user", "Misconfigured")]
    [InlineData("RCPT", "450 4.2.1 Mailbox busy", "TryLater")]
    [InlineData("RCPT", "452 4.5.3 Too many recipients", "TryLater")]
    [InlineData("RCPT", "550 5.1.1 No such user", "Refused")]
    [InlineData("RCPT", "554 5.7.1 Relay access denied", "Misconfigured")]
    [InlineData("DATA", "451 4.3.0 Queue full", "TryLater")]
    [InlineData(".", "452 4.3.1 Out of space", "TryLater")]
    [InlineData(".", "554 5.6.0 Message rejected as spam", "Misconfigured")]
    public async Task What_the_server_answers_decides(string command, string answer, string outcome)
    {
        _server.Answers[command] = answer;
        var result = await SendAsync();
        Assert.Equal(outcome, result.Outcome.ToString());
        Assert.False(string.IsNullOrEmpty(result.Reason));
    }

    [Theory]
    [InlineData("connect", "TryLater")]
    [InlineData("EHLO", "TryLater")]
    [InlineData("AUTH", "TryLater")]
    [InlineData("MAIL", "TryLater")]
    [InlineData("RCPT", "TryLater")]
    [InlineData("DATA", "TryLater")]
    [InlineData(".", "Unknown")]
    public async Task A_server_that_hangs_up_after_the_data_leaves_it_unknown(string command, string outcome)
    {
        _server.Answers[command] = "";
        Assert.Equal(outcome, (await SendAsync()).Outcome.ToString());
    }

    [Theory]
    [InlineData("connect", "HTTP/1.1 200 OK", "TryLater")]
    [InlineData(".", "Bonjour", "Unknown")]
    public async Task A_server_that_makes_no_sense_leaves_unknown_only_what_it_may_have_taken(string command, string answer, string outcome)
    {
        _server.Answers[command] = answer;
        Assert.Equal(outcome, (await SendAsync()).Outcome.ToString());
    }

    [Fact]
    public async Task A_server_that_takes_the_mail_and_hangs_up_has_taken_it()
    {
        _server.Answers["QUIT"] = "";
        Assert.Equal(SendOutcome.Accepted, (await SendAsync()).Outcome);
    }

    [Fact]
    public async Task A_server_that_hangs_is_waited_for_until_the_caller_gives_up()
    {
        _server.Answers["."] = null;
        using var patience = new CancellationTokenSource();
        var sending = Sender().SendAsync(Mail(), patience.Token);
        await _server.Hanging.WaitAsync(TimeSpan.FromSeconds(20));
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
    }

    [Fact]
    public async Task A_server_that_cannot_be_reached_is_tried_later()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        listener.Stop();
        Assert.Equal(SendOutcome.TryLater, (await SendAsync(("port", port))).Outcome);
    }

    [Fact]
    public async Task Nothing_is_sent_in_the_clear_where_security_was_asked_for()
    {
        Assert.Equal(SendOutcome.Misconfigured, (await SendAsync(("security", "starttls"))).Outcome);
        Assert.NotEqual(SendOutcome.Accepted, (await SendAsync(("security", "tls"))).Outcome);
        Assert.DoesNotContain(_server.Lines, l => l.StartsWith("AUTH", StringComparison.Ordinal) || l.StartsWith("MAIL", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Nothing_secret_comes_back_out_of_the_servers_words()
    {
        _server.Answers["RCPT"] = "550 5.1.1 <ann@example.com> unknown; password s3cret-password, code 482913";
        var result = await SendAsync();
        Assert.Equal((SendOutcome.Refused, "SMTP 550"), (result.Outcome, result.ProviderCode));
        Assert.Contains("unknown", result.ProviderText, StringComparison.Ordinal);
        foreach (var secret in new[] { "ann@", "s3cret", "482913" })
            Assert.DoesNotContain(secret, result.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("host", "smtp.example.com:25", "host must")]
    [InlineData("host", "smtp.example.com", "security must be starttls or tls")]
    [InlineData("port", "70000", "port must")]
    [InlineData("security", "ssl", "security must")]
    [InlineData("password", "", "username and password")]
    [InlineData("from_address", "Acme <login@acme.example>", "from_address must")]
    [InlineData("from_name", "a\nb", "from_name must")]
    public void A_fault_names_its_field(string field, string value, string expected) =>
        Assert.Contains(_provider.Faults(SettingsWith((field, value))), f => f.Contains(expected, StringComparison.Ordinal));

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
