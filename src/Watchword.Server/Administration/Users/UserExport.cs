using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Watchword.Core.Audit;
using Watchword.Server.Events;
using Watchword.Server.Storage;

namespace Watchword.Server.Administration.Users;

/// <summary>Reads all that is kept of a user. What can be long is read in pages while the caller goes through it.</summary>
internal sealed class UserExport(Database database, EventRelay relay, Seal seal, TimeProvider time)
{
    private const int Page = 500;

    /// <summary>Null: there is no such user in the tenant.</summary>
    public async Task<ExportedUser?> ReadAsync(Author by, string id, CancellationToken cancellation)
    {
        if (id.Length > 128 || id.Any(c => char.IsControl(c) || char.IsSurrogate(c)))
            return null;
        var (tenant, now) = (by.TenantId, time.GetUtcNow());
        // Noted before the first byte leaves: whoever breaks off in the middle has been noted too.
        if (!await database.WriteAsync(db => NoteAsync(db, id, by, now)))
            return null;
        // What waits is moved, so that the log holds all that happened until now.
        await relay.RelayAllAsync(cancellation);
        return await database.ReadAsync(async db =>
        {
            if (await new UserStore(db).FindAsync(tenant, app: null, IdentifierType.UserId, id) is not { } member)
                return null;
            var records = new UserRecordStore(db);
            return new ExportedUser(
                now,
                UserJson.Of(member),
                [.. (await records.MembershipsAsync(tenant, id)).Select(ExportedMembership.Of)],
                [.. (await records.LoginStatesAsync(tenant, id)).Select(ExportedLoginState.Of)],
                [.. (await records.ChallengesAsync(tenant, id)).Select(c => ExportedCode.Of(c, Open))],
                [.. (await new SessionStore(db).KeptAsync(tenant, id)).Select(ExportedSession.Of)],
                MessagesAsync(tenant, id),
                EntriesAsync(tenant, id));
        });

        JsonElement? Open(string approval) => JsonElement.Parse(seal.ApprovalData.Unprotect(approval));
    }

    private static async ValueTask<bool> NoteAsync(SqlSession db, string user, Author by, DateTimeOffset now)
    {
        if (await new UserStore(db).FindAsync(by.TenantId, app: null, IdentifierType.UserId, user) is null)
            return false;
        await new EventStore(db).AddAsync(by, AuditAction.UserExported, now, user: user);
        return true;
    }

    private async IAsyncEnumerable<ExportedMessage> MessagesAsync(string tenant, string user)
    {
        string? before = null;
        do
        {
            var query = new MessageLogQuery { UserId = user, Before = before };
            var page = await database.ReadAsync(db => new MessageLogStore(db).ReadAsync(tenant, query, Page));
            foreach (var message in page.Messages)
                yield return ExportedMessage.Of(message);
            before = page.NextBefore;
        }
        while (before is not null);
    }

    private async IAsyncEnumerable<ExportedEntry> EntriesAsync(string tenant, string user)
    {
        IReadOnlyList<KeptEntry> page = [];
        do
        {
            var after = page.Count == 0 ? 0 : page[^1].Sequence;
            page = await database.ReadAsync(db => new UserRecordStore(db).EntriesAsync(tenant, user, after, Page));
            foreach (var entry in page)
                yield return ExportedEntry.Of(entry);
        }
        while (page.Count == Page);
    }
}
