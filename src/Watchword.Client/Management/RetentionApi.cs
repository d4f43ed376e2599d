using Watchword.Client.Wire;

namespace Watchword.Client.Management;

/// <summary>How many days the tenant keeps what is over. In a change, what is null stays.</summary>
public sealed record Retention
{
    /// <summary>Messages in the log, 1 to 3650.</summary>
    public int? MessageDays { get; init; }

    /// <summary>Codes that can no longer be used, 1 to 3650.</summary>
    public int? ChallengeDays { get; init; }

    /// <summary>Sessions that have ended, 1 to 3650.</summary>
    public int? SessionDays { get; init; }

    /// <summary>The audit log, 30 to 3650; 0 keeps it for ever.</summary>
    public int? AuditDays { get; init; }
}

/// <summary>How long the tenant keeps things.</summary>
public sealed class RetentionApi
{
    private readonly Connection _connection;

    internal RetentionApi(Connection connection) => _connection = connection;

    /// <summary>As it is. Tried again.</summary>
    public async Task<Retention> GetAsync(CancellationToken cancellation = default) =>
        (await _connection.SendAsync(Call.Get(Address.Of("/cis/v1/retention")), cancellation)).Read(WatchwordJson.Default.ResultRetention).Content;

    /// <summary>Changes it. Tried again.</summary>
    public async Task<Retention> UpdateAsync(Retention change, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        var call = Call.Put(Address.Of("/cis/v1/retention"), change, WatchwordJson.Default.Retention);
        return (await _connection.SendAsync(call, cancellation)).Read(WatchwordJson.Default.ResultRetention).Content;
    }
}
