using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Watchword.Core.Otp;
using Watchword.Server.Administration;
using Watchword.Server.Delivery;
using Watchword.Server.Delivery.Providers;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Delivery;

/// <summary>A kind of provider that exists only here: <c>Pigeon</c> for SMS, or <c>Postcard</c> for email. It notes who sent what with which settings.</summary>
internal sealed class PigeonProvider(string kind, OtpChannel channel) : IProvider, IReceiptReader
{
    private readonly ConcurrentQueue<(string Token, Handover Handover)> _flown = new();

    public string Kind => kind;

    public OtpChannel Channel => channel;

    public Uri Documentation => new("https://pigeon.example/docs");

    public IReadOnlyList<ProviderField> Fields { get; } =
    [
        new("loft", "Loft", "The loft's name.", Required: true),
        new("ring_token", "Ring token", "What is engraved on the ring.", Required: true, Secret: true),
        new("spare_token", "Spare token", "The other leg's.", Secret: true),
        new("height", "Height", "In metres."),
    ];

    public IReceiptReader Receipts => this;

    /// <summary>What it says when settings are to be confirmed.</summary>
    public Func<ProviderSettings, CancellationToken, Task<string?>> Verify { get; set; } = (_, _) => Task.FromResult<string?>(null);

    /// <summary>What becomes of a message.</summary>
    public Func<Handover, SendResult> Answer { get; set; } = _ => new SendResult(SendOutcome.Accepted);

    /// <summary>Everything handed over, with the token of who did.</summary>
    public IReadOnlyList<(string Token, Handover Handover)> Flown => [.. _flown];

    public IEnumerable<string> Faults(ProviderSettings settings)
    {
        if (settings["height"] is { } height && !int.TryParse(height, out _))
            yield return "height must be a number.";
        if (settings["loft"] == "fox")
            yield return "A fox cannot keep pigeons.";
    }

    public Task<string?> VerifyAsync(ProviderSettings settings, CancellationToken cancellation) => Verify(settings, cancellation);

    public IMessageSender Open(string name, ProviderSettings settings) => new Sender(this, name, settings.Required("ring_token"));

    public ReceiptReading Read(ReceiptRequest request, ProviderSettings settings)
    {
        if (request.Headers.GetValueOrDefault("x-ring") != settings.Required("ring_token"))
            return ReceiptReading.Forged;
        return Encoding.UTF8.GetString(request.Body) switch
        {
            "home" => new ReceiptReading([new Receipt(null, ReceiptStatus.Delivered)]),
            "hawk" => new ReceiptReading([new Receipt(null, ReceiptStatus.Undelivered) { ProviderCode = "H1", Reason = "A hawk came." }]),
            "coo" => new ReceiptReading([]),
            "" => request.Url.Query.Contains("&state=home", StringComparison.Ordinal) ? new ReceiptReading([new Receipt(null, ReceiptStatus.Delivered)]) : ReceiptReading.Unreadable,
            _ => ReceiptReading.Unreadable,
        };
    }

    private sealed class Sender(PigeonProvider provider, string name, string token) : IMessageSender
    {
        public string Name => name;

        public bool Carries(OtpChannel channel) => channel == provider.Channel;

        public Task<SendResult> SendAsync(Handover handover, CancellationToken cancellation)
        {
            provider._flown.Enqueue((token, handover));
            return Task.FromResult(provider.Answer(handover));
        }
    }
}

/// <summary>A server that knows pigeons and postcards, for all tests of a class, each in a tenant of its own.</summary>
public abstract class PigeonLoft(Engine engine) : IAsyncLifetime
{
    public const string Settings = "/cis/v1/tenantsmsproviders";

    private static int _tenants;

    public Engine Engine => engine;

    internal PigeonProvider Pigeon { get; } = new("Pigeon", OtpChannel.Sms);

    internal PigeonProvider Postcard { get; } = new("Postcard", OtpChannel.Email);

    public TestServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await TestServer.StartAsync(engine, builder =>
    {
        builder.Services.AddSingleton<IProvider>(Pigeon);
        builder.Services.AddSingleton<IProvider>(Postcard);
    });

    /// <summary>A tenant with its management client, logged in.</summary>
    public async Task<TestTenant> TenantAsync()
    {
        var made = (await Server.Services.GetRequiredService<ApplicationAdministration>().CreateTenantAsync($"Loft {Interlocked.Increment(ref _tenants)}")).Value!;
        return new TestTenant(Server, made.Client.TenantId, made.Client.ClientId, made.Secret, await Server.ClientAsync(made.Client.ClientId, made.Secret));
    }

    internal ValueTask<TenantSetup> SetupAsync(TestTenant tenant) => Server.Services.GetRequiredService<ProviderDirectory>().ForAsync(tenant.TenantId);

    /// <summary>Sets these providers and nothing else.</summary>
    internal static Task<JsonElement> PutAsync(TestTenant tenant, params Dictionary<string, object?>[] birds) =>
        tenant.Management.PutAsync(Settings, new { providers = birds }, 200);

    internal static async Task RefusedAsync(TestTenant tenant, object body, params string[] faults) =>
        Assert.Equal(faults, (await tenant.Management.PutAsync(Settings, body, 400)).At("message").Strings());

    /// <summary>The secrets of the tenant's providers for SMS, as their senders were given them.</summary>
    internal async Task<IReadOnlyList<string>> TokensAsync(TestTenant tenant) =>
        [.. (await SetupAsync(tenant)).LegsFor(OtpChannel.Sms, "", "GB", "+447400000001").Select(l => l.Provider.Settings?["ring_token"]).OfType<string>()];

    /// <summary>A provider as a request says it.</summary>
    public static Dictionary<string, object?> Bird(string? id, string token = "ring-token-of-a-bird", string kind = "Pigeon", params (string Name, object? Value)[] more)
    {
        var bird = new Dictionary<string, object?> { ["provider_id"] = id, ["provider"] = kind, ["loft"] = "north", ["ring_token"] = token };
        foreach (var (name, value) in more)
            bird[name] = value;
        return bird;
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}

public sealed class SqliteLoft() : PigeonLoft(Engine.Sqlite);

public sealed class PostgresLoft() : PigeonLoft(Engine.Postgres);
