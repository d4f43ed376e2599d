using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Watchword.Server.Events;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tests.Security;

namespace Watchword.Server.Tests.Events;

/// <summary>Short words for tests that read the audit log.</summary>
internal static class AuditLog
{
    public const string Path = "/cis/v1/audit";

    /// <summary>A page, newest first.</summary>
    public static async Task<List<JsonElement>> AuditAsync(this HttpClient management, string query = "page_limit=500") =>
        [.. (await management.GetAsync($"{Path}?{query}", 200)).At("result").EnumerateArray()];

    /// <summary>The entries that something leaves, oldest first.</summary>
    public static async Task<List<JsonElement>> LeftByAsync(this HttpClient management, Func<Task> act)
    {
        var before = (await management.AuditAsync("page_limit=1")).Select(e => e.At("sequence").GetInt64()).FirstOrDefault();
        await act();
        return [.. (await management.AuditAsync()).Where(e => e.At("sequence").GetInt64() > before).Reverse()];
    }

    /// <summary>A member, or null when it is absent.</summary>
    public static string? Maybe(this JsonElement json, string name) => json.TryGetProperty(name, out var value) ? value.GetString() : null;

    /// <summary>What verification says by the API.</summary>
    public static async Task<JsonElement> VerifyAsync(this HttpClient management, string? head = null) =>
        (await management.PostAsync(Path + "/verify", new { head }, 200)).At("result");

    /// <summary>The kinds of fault that verification finds.</summary>
    public static async Task<List<string>> FaultsAsync(this HttpClient management, string? head = null) =>
        [.. (await management.VerifyAsync(head)).At("faults").EnumerateArray().Select(f => f.Text("kind"))];

    public static Task RelayAsync(this TestServer server) => server.Services.GetRequiredService<EventRelay>().RelayAllAsync(TestContext.Current.CancellationToken);
}
