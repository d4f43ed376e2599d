using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http.HttpResults;
using Watchword.Core.Audit;
using Watchword.Server.Events;
using Watchword.Server.Storage;

namespace Watchword.Server.Api.Users;

/// <summary><c>GET /cis/v1/manage/users/{id}/export</c>: all that is kept of a user. What can be long is read in pages while it is sent.</summary>
internal static class ExportUser
{
    private const int Page = 500;

    public static async Task<Results<Ok<Result<ExportedUser>>, ApiError>> HandleAsync(
        string id, Caller caller, Database database, EventRelay relay, Seal seal, TimeProvider time, HttpResponse response, CancellationToken cancellation)
    {
        if (id.Length > 128 || id.Any(c => char.IsControl(c) || char.IsSurrogate(c)))
            return ApiErrors.UserNotInTenant;
        var (tenant, now) = (caller.TenantId, time.GetUtcNow());
        // Noted before the first byte leaves: whoever breaks off in the middle has been noted too.
        if (!await database.WriteAsync(db => NoteAsync(db, id, caller, now)))
            return ApiErrors.UserNotInTenant;
        // What waits is moved, so that the log holds all that happened until now.
        await relay.RelayAllAsync(cancellation);
        var read = await database.ReadAsync(async db =>
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
                MessagesAsync(database, tenant, id),
                EntriesAsync(database, tenant, id));
        });
        response.Headers.CacheControl = "no-store";
        return read is null ? ApiErrors.UserNotInTenant : TypedResults.Ok(new Result<ExportedUser>(read));

        JsonElement? Open(string approval) => JsonElement.Parse(seal.ApprovalData.Unprotect(approval));
    }

    private static async ValueTask<bool> NoteAsync(SqlSession db, string user, Caller caller, DateTimeOffset now)
    {
        if (await new UserStore(db).FindAsync(caller.TenantId, app: null, IdentifierType.UserId, user) is null)
            return false;
        await new EventStore(db).AddAsync(caller.Author, AuditAction.UserExported, now, user: user);
        return true;
    }

    private static async IAsyncEnumerable<ExportedMessage> MessagesAsync(Database database, string tenant, string user)
    {
        IReadOnlyList<LoggedMessage> page = [];
        do
        {
            var before = page.Count == 0 ? null : page[^1].MessageId;
            page = await database.ReadAsync(db => new MessageLogStore(db).ReadAsync(tenant, new MessageLogQuery { UserId = user, Before = before }, Page));
            foreach (var message in page)
                yield return ExportedMessage.Of(message);
        }
        while (page.Count == Page);
    }

    private static async IAsyncEnumerable<ExportedEntry> EntriesAsync(Database database, string tenant, string user)
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
