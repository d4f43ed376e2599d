using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Watchword.Core.Otp;
using Watchword.Server.Delivery;
using Watchword.Server.Delivery.Providers;

namespace Watchword.Server.Tests.Delivery.Providers;

/// <summary>What every provider with an HTTP API is held to, by recorded exchanges in its own words.</summary>
public abstract class SenderContract : IAsyncDisposable
{
    private protected const string Number = "+447400123456";
    private protected const string Text = "This is your One Time Password: 482913 from Acme";
    private protected const string MessageId = "0199c8f2a4b47c3e9d10aa55bb66cc77";

    private protected static readonly Uri ReceiptUrl = new($"https://login.example.com/cis/v1/receipts/acme/p1/{MessageId}?key=kk11");

    private protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    private protected LoopbackGateway Gateway { get; } = new();

    private protected ProviderHttp Http { get; }

    protected SenderContract()
    {
        Http = new ProviderHttp(Time, LoopbackGateway.Networks);
        Script(Accepted);
    }

    private protected abstract IProvider Provider { get; }

    /// <summary>Settings that lead to the loopback server; every secret contains the word "s3cret".</summary>
    private protected abstract Dictionary<string, string> Settings { get; }

    private protected abstract Reply Accepted { get; }

    private protected abstract string? AcceptedId { get; }

    /// <summary>Recorded answers for bad, blocked and unsubscribed numbers.</summary>
    private protected abstract IReadOnlyList<(Reply Reply, string? Code)> RefusedForGood { get; }

    /// <summary>Recorded answers for senders, countries and accounts that do not fit.</summary>
    private protected abstract IReadOnlyList<(Reply Reply, string? Code)> NotAsSetUp { get; }

    private protected abstract IReadOnlyList<Reply> CredentialsWrong { get; }

    private protected virtual Reply Throttled => new(429, "{}", ("Retry-After", "7"));

    private protected virtual IReadOnlyList<Reply> RefusedForNow => [new(500, "oops"), new(503, "")];

    private protected virtual IReadOnlyList<Reply> Garbage => [new(200, "<html>Welcome</html>"), new(200, "{\"hello\":[1,2"), new(200, "[]"), new(200, "\"\\ud800\""), new(200, ""), Reply.Noise];

    /// <summary>A no in which the provider says this in its own words.</summary>
    private protected abstract Reply Saying(string words);

    private protected static Handover Handover(string? sender = null, Uri? receipts = null, string text = Text) =>
        new(MessageId, new MessageContent(Number, sender, text, Subject: null), receipts);

    private protected IMessageSender Sender(params (string Name, string? Value)[] other) => Provider.Open("main", SettingsWith(other));

    private protected ProviderSettings SettingsWith(params (string Name, string? Value)[] other)
    {
        var settings = Settings;
        foreach (var (name, value) in other)
            settings[name] = value ?? "";
        return new(settings);
    }

    /// <summary>Answers what is asked; providers that ask for a token first answer that by themselves.</summary>
    private protected virtual void Script(Reply reply) => Gateway.Answer = _ => reply;

    private protected async Task<SendResult> SendAsync(Reply reply)
    {
        Script(reply);
        return await Sender().SendAsync(Handover(), CancellationToken.None);
    }

    /// <summary>The last request that handed a message over.</summary>
    private protected Asked Last => Gateway.Requests[^1];

    [Fact]
    public void Its_settings_are_without_fault_and_its_fields_are_described()
    {
        Assert.Empty(Provider.Faults(new(Settings)));
        Assert.DoesNotContain(Provider.Fields, f => f.Required && !Settings.ContainsKey(f.Name));
        Assert.All(Settings.Keys, name => Assert.Contains(Provider.Fields, f => f.Name == name));
        Assert.All(Provider.Fields, f => Assert.EndsWith(".", f.Help, StringComparison.Ordinal));
        Assert.All(Settings.Where(s => s.Value.Contains("s3cret", StringComparison.Ordinal)), s => Assert.True(Provider.Fields.Single(f => f.Name == s.Key).Secret));
        Assert.Contains(Settings.Values, v => v.Contains("s3cret", StringComparison.Ordinal));
        Assert.All(Provider.Faults(new(new Dictionary<string, string>())), f => Assert.EndsWith(".", f, StringComparison.Ordinal));
        Assert.Same(Provider.GetType(), new ProviderKinds(LoopbackGateway.Networks, Http, Time, []).Find(Provider.Kind)?.GetType());
        Assert.True(Sender().Carries(OtpChannel.Sms));
        Assert.False(Sender().Carries(OtpChannel.Email));
    }

    [Fact]
    public async Task A_message_that_the_provider_takes_is_accepted()
    {
        var result = await SendAsync(Accepted);
        Assert.Equal((SendOutcome.Accepted, AcceptedId, null), (result.Outcome, result.ProviderMessageId, result.Reason));
    }

    [Fact]
    public async Task A_provider_that_throttles_is_left_alone_for_as_long_as_it_asks()
    {
        var result = await SendAsync(Throttled);
        Assert.Equal((SendOutcome.TryLater, TimeSpan.FromSeconds(7)), (result.Outcome, result.RetryAfter));
        var dated = await SendAsync(Throttled with { Headers = [("Retry-After", Time.GetUtcNow().AddSeconds(90).ToString("R", CultureInfo.InvariantCulture))] });
        Assert.Equal(TimeSpan.FromSeconds(90), dated.RetryAfter);
        Assert.Equal(TimeSpan.FromMinutes(10), (await SendAsync(Throttled with { Headers = [("Retry-After", "86400")] })).RetryAfter);
    }

    [Fact]
    public async Task A_bad_or_blocked_number_is_refused_for_good() => await AllAreAsync(RefusedForGood, SendOutcome.Refused);

    [Fact]
    public async Task A_sender_country_or_account_that_does_not_fit_is_a_matter_of_settings() => await AllAreAsync(NotAsSetUp, SendOutcome.Misconfigured);

    [Fact]
    public async Task Wrong_credentials_are_a_matter_of_settings() =>
        await AllAreAsync([.. CredentialsWrong.Select(r => (r, (string?)null))], SendOutcome.Misconfigured);

    [Fact]
    public async Task A_provider_with_a_problem_is_tried_later() => await AllAreAsync([.. RefusedForNow.Select(r => (r, (string?)null))], SendOutcome.TryLater);

    [Fact]
    public async Task A_gateway_that_did_not_hear_from_the_provider_leaves_it_unknown()
    {
        Assert.Equal(SendOutcome.Unknown, (await SendAsync(new Reply(502, "Bad gateway"))).Outcome);
        Assert.Equal(SendOutcome.Unknown, (await SendAsync(new Reply(504, ""))).Outcome);
    }

    [Fact]
    public async Task A_provider_that_hangs_is_waited_for_until_the_caller_gives_up()
    {
        Script(Reply.Hang);
        using var patience = new CancellationTokenSource();
        var sending = Sender().SendAsync(Handover(), patience.Token);
        await Gateway.Hanging.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.False(sending.IsCompleted);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
    }

    [Fact]
    public async Task A_connection_reset_in_the_middle_of_the_answer_leaves_it_unknown() =>
        Assert.Equal(SendOutcome.Unknown, (await SendAsync(Reply.Reset)).Outcome);

    [Fact]
    public async Task An_answer_that_makes_no_sense_leaves_it_unknown()
    {
        foreach (var reply in Garbage)
            Assert.Equal((reply, SendOutcome.Unknown), (reply, (await SendAsync(reply)).Outcome));
    }

    [Fact]
    public async Task An_endless_answer_is_not_read_to_its_end()
    {
        var result = await SendAsync(Saying(new string('x', 300_000)));
        Assert.NotEqual(SendOutcome.Accepted, result.Outcome);
        Assert.Null(result.ProviderText);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var elsewhere = new LoopbackGateway();
        var result = await SendAsync(new Reply(307, "", ("Location", elsewhere.Url + "/taken")));
        Assert.Equal(SendOutcome.Misconfigured, result.Outcome);
        Assert.Empty(elsewhere.Requests);
    }

    [Fact]
    public async Task A_provider_that_cannot_be_reached_certainly_has_not_the_message()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var closed = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
        listener.Stop();
        var settings = Settings.ToDictionary(s => s.Key, s => s.Value.Replace(Gateway.Url, closed, StringComparison.Ordinal));
        var result = await Provider.Open("main", new(settings)).SendAsync(Handover(), CancellationToken.None);
        Assert.Equal((SendOutcome.TryLater, "The address could not be reached."), (result.Outcome, result.Reason));
    }

    [Fact]
    public async Task Nothing_secret_comes_back_out_of_the_providers_words()
    {
        // Whatever was sent, headers and all, and decoded.
        Script(Accepted);
        await Sender().SendAsync(Handover(receipts: ReceiptUrl), CancellationToken.None);
        var sent = Last;
        var secrets = Settings.Values.Where(v => v.Contains("s3cret", StringComparison.Ordinal)).ToList();
        string[] quotes =
        [
            Text, $"cannot send '{Text}' to {Number}", "to +44 7400 123 456 failed", "number (0)7400-123-456", "code 4 8 2 9 1 3", $"key {secrets[0]} is wrong",
            string.Join(' ', secrets), sent.Body.ReplaceLineEndings(" "), Uri.UnescapeDataString(sent.Body).Replace('+', ' '), string.Join(' ', sent.Headers.Values), "\u0664\u0668\u0662\u0669\u0661\u0663",
        ];
        foreach (var quote in quotes)
        {
            var result = await SendAsync(Saying(quote));
            Assert.NotNull(result.ProviderText);
            var told = $"{result.Reason}|{result.ProviderText}|{result.ProviderCode}|{result.ProviderMessageId}|{result}";
            string[] never = [Text, "482913", "7400", "123456", "\u0664\u0668\u0662", .. secrets, Convert.ToBase64String(Encoding.UTF8.GetBytes(secrets[0]))[..12]];
            Assert.All(never, secret => Assert.DoesNotContain(secret, told, StringComparison.OrdinalIgnoreCase));
            Assert.DoesNotContain("482913", new string([.. told.Where(char.IsDigit)]), StringComparison.Ordinal);
        }
        Assert.Contains("Insufficient funds", (await SendAsync(Saying("Insufficient funds on your account"))).ProviderText, StringComparison.Ordinal);
    }

    private async Task AllAreAsync(IReadOnlyList<(Reply Reply, string? Code)> recorded, SendOutcome outcome)
    {
        Assert.NotEmpty(recorded);
        foreach (var (reply, code) in recorded)
        {
            var result = await SendAsync(reply);
            Assert.Equal((reply, outcome), (reply, result.Outcome));
            Assert.False(string.IsNullOrEmpty(result.Reason));
            Assert.False(string.IsNullOrEmpty(result.ProviderCode));
            Assert.DoesNotContain(result.Reason, char.IsDigit);
            if (code is not null)
                Assert.Equal(code, result.ProviderCode);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Gateway.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
