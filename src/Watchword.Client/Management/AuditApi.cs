using System.Globalization;
using System.Runtime.CompilerServices;
using Watchword.Client.Wire;

namespace Watchword.Client.Management;

/// <summary>What was done in the tenant, and by whom.</summary>
public sealed class AuditApi
{
    private readonly Connection _connection;

    internal AuditApi(Connection connection) => _connection = connection;

    /// <summary>All entries that the query finds, newest first, fetched page by page as you go. Each page is tried again.</summary>
    public async IAsyncEnumerable<AuditEntry> ListAsync(AuditQuery? query = null, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        string? token = null;
        do
        {
            var call = Call.Get((query ?? new AuditQuery()).Page(token));
            var page = (await _connection.SendAsync(call, cancellation)).Read(WatchwordJson.Default.AuditPageBody);
            foreach (var entry in page.Result)
                yield return entry;
            token = page.NextPageToken;
        }
        while (token is not null);
    }

    /// <summary>One of them by its number, or null. Tried again.</summary>
    public async Task<AuditEntry?> GetAsync(long sequence, CancellationToken cancellation = default)
    {
        var call = Call.Get(Address.Of("/cis/v1/audit/{sequence}", sequence.ToString(CultureInfo.InvariantCulture)));
        return (await _connection.SendAsync(call, cancellation)).Find(WatchwordJson.Default.ResultAuditEntry)?.Content;
    }

    /// <summary>Checks the whole log: whether an entry is missing, altered or added. Tried again.</summary>
    /// <param name="head">A head that an earlier check reported, which must still be in the chain.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public async Task<AuditReport> VerifyAsync(string? head = null, CancellationToken cancellation = default)
    {
        var call = Call.Post(Address.Of("/cis/v1/audit/verify"), new AuditVerifyBody(head), WatchwordJson.Default.AuditVerifyBody, Repeat.Freely);
        return (await _connection.SendAsync(call, cancellation)).Read(WatchwordJson.Default.ResultAuditReport).Content;
    }
}
