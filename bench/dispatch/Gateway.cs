using System.Net;
using Watchword.Core.Otp;
using Watchword.Server.Delivery;

namespace Watchword.DispatchBench;

/// <summary>How a gateway behaves.</summary>
internal enum Mood
{
    Fast,
    Down,
    HalfDown,
    Hanging,
}

/// <summary>An SMS gateway on loopback that takes everything, unless it is in another mood; in this process, on the same cores.</summary>
internal sealed class Gateway : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _calls;

    private Gateway(WebApplication app) => _app = app;

    public Mood Mood { get; set; }

    public int Taken { get; private set; }

    public Uri Url => new(_app.Urls.First());

    public static async Task<Gateway> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var gateway = new Gateway(app);
        app.MapPost("/", async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            var call = Interlocked.Increment(ref gateway._calls);
            if (gateway.Mood == Mood.Hanging)
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            context.Response.StatusCode = gateway.Mood == Mood.Down || (gateway.Mood == Mood.HalfDown && call % 2 == 0) ? 500 : 200;
            if (context.Response.StatusCode == 200)
                gateway.Taken++;
        });
        await app.StartAsync();
        return gateway;
    }

    public async ValueTask DisposeAsync()
    {
        using var hurry = new CancellationTokenSource(0);
        await _app.StopAsync(hurry.Token);
        await _app.DisposeAsync();
    }
}

/// <summary>Hands messages to a <see cref="Gateway"/> as a provider would: a small POST, an answer that is read.</summary>
internal sealed class GatewaySender(string name, Uri url) : IMessageSender, IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });

    public string Name => name;

    public void Dispose() => _http.Dispose();

    public bool Carries(OtpChannel channel) => channel == OtpChannel.Sms;

    public async Task<SendResult> SendAsync(Handover handover, CancellationToken cancellation)
    {
        try
        {
            using var answer = await _http.PostAsJsonAsync(
                url, new { phone_number = handover.Content.To, sender_id = handover.Content.Sender, message = handover.Content.Text }, cancellation);
            return new SendResult(answer.StatusCode == HttpStatusCode.OK ? SendOutcome.Accepted : SendOutcome.TryLater);
        }
        catch (HttpRequestException)
        {
            return new SendResult(SendOutcome.TryLater);
        }
    }
}
