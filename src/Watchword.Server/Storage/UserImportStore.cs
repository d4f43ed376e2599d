namespace Watchword.Server.Storage;

/// <summary>Where an import of users stands.</summary>
internal enum ImportState
{
    /// <summary>Every line is looked at; nothing is written.</summary>
    Checking,

    /// <summary>It may be started.</summary>
    Checked,
    Importing,
    Done,
    Cancelled,

    /// <summary>The file cannot be used, or something broke.</summary>
    Failed,

    /// <summary>Cut off with its server. What was imported stays, and the file can be imported again.</summary>
    Interrupted,
}

/// <summary>What came of the lines of a file, or would.</summary>
/// <param name="Lines">Read.</param>
/// <param name="Created">Users that are new to the tenant.</param>
/// <param name="Linked">Users that the tenant had, added to the application.</param>
/// <param name="Present">Users that were there already.</param>
/// <param name="Refused">Lines that say something impossible.</param>
internal sealed record ImportCounts(long Lines = 0, long Created = 0, long Linked = 0, long Present = 0, long Refused = 0);

/// <summary>Why a line was refused.</summary>
/// <param name="Line">In the file, the heading being the first.</param>
/// <param name="Field">The column; empty when it is none in particular.</param>
/// <param name="Reason">The rest of the sentence, or all of it.</param>
internal sealed record RefusedLine(long Line, string Field, string Reason);

/// <summary>An import of users as it is kept.</summary>
internal sealed class KeptImport
{
    public string ImportId { get; init; } = "";
    public string AppId { get; init; } = "";
    public string Actor { get; init; } = "";
    public string FileName { get; init; } = "";

    /// <summary>SHA-256 of the file, hexadecimal: it proves what was imported to whoever has the file.</summary>
    public string FileHash { get; init; } = "";
    public string State { get; init; } = "";
    public long Bytes { get; init; }
    public long BytesRead { get; init; }
    public long Lines { get; init; }
    public long Created { get; init; }
    public long Linked { get; init; }
    public long Present { get; init; }
    public long Refused { get; init; }

    /// <summary>JSON of the columns that mean nothing here.</summary>
    public string Ignored { get; init; } = "[]";
    public string? Fault { get; init; }
    public long CreatedAt { get; init; }
    public long UpdatedAt { get; init; }
}

/// <summary>Imports of users: how far they are, and which lines they refused.</summary>
internal sealed class UserImportStore(SqlSession db)
{
    private const string Columns =
        "import_id, app_id, actor, file_name, file_hash, state, bytes, bytes_read, lines, created, linked, present, refused, ignored, fault, created_at, updated_at";

    public async ValueTask AddAsync(string tenant, KeptImport import) =>
        await db.ExecuteAsync(
            $"""
            INSERT INTO user_imports (tenant_id, cancel_asked, {Columns})
            VALUES (@tenant, 0, @import, @app, @actor, @file, @hash, @state, @bytes, 0, 0, 0, 0, 0, 0, @ignored, NULL, @now, @now)
            """,
            new
            {
                tenant,
                import = import.ImportId,
                app = import.AppId,
                actor = import.Actor,
                file = import.FileName,
                hash = import.FileHash,
                state = import.State,
                bytes = import.Bytes,
                ignored = import.Ignored,
                now = import.CreatedAt,
            });

    public ValueTask<KeptImport?> FindAsync(string tenant, string import) =>
        db.FirstAsync<KeptImport>($"SELECT {Columns} FROM user_imports WHERE tenant_id = @tenant AND import_id = @import", new { tenant, import });

    /// <summary>Newest first.</summary>
    public async ValueTask<IReadOnlyList<KeptImport>> ListAsync(string tenant, int limit) =>
        await db.AllAsync<KeptImport>($"SELECT {Columns} FROM user_imports WHERE tenant_id = @tenant ORDER BY import_id DESC LIMIT @limit", new { tenant, limit = (long)limit });

    /// <summary>From one state to the next; false when it was not in that state. The counts begin anew where it begins anew.</summary>
    public async ValueTask<bool> MoveAsync(string tenant, string import, ImportState from, ImportState to, DateTimeOffset now, string? fault = null)
    {
        var key = new { tenant, import, from = from.ToString(), to = to.ToString(), now = now.Ms(), fault };
        if (await db.ExecuteAsync(
            "UPDATE user_imports SET state = @to, updated_at = @now, fault = @fault WHERE tenant_id = @tenant AND import_id = @import AND state = @from", key) == 0)
            return false;
        if (to == ImportState.Importing)
        {
            await db.ExecuteAsync(
                "UPDATE user_imports SET bytes_read = 0, lines = 0, created = 0, linked = 0, present = 0, refused = 0, cancel_asked = 0 WHERE tenant_id = @tenant AND import_id = @import", key);
            await db.ExecuteAsync("DELETE FROM user_import_refusals WHERE tenant_id = @tenant AND import_id = @import", key);
        }
        return true;
    }

    /// <summary>How far it is. False: somebody wants it to stop.</summary>
    public async ValueTask<bool> ProgressAsync(string tenant, string import, ImportCounts counts, long bytesRead, DateTimeOffset now)
    {
        await db.ExecuteAsync(
            """
            UPDATE user_imports SET bytes_read = @bytesRead, lines = @lines, created = @created, linked = @linked, present = @present, refused = @refused,
                updated_at = @now
            WHERE tenant_id = @tenant AND import_id = @import
            """,
            new
            {
                tenant, import, bytesRead, now = now.Ms(),
                lines = counts.Lines, created = counts.Created, linked = counts.Linked, present = counts.Present, refused = counts.Refused,
            });
        return await db.FirstAsync<long?>(
            "SELECT cancel_asked FROM user_imports WHERE tenant_id = @tenant AND import_id = @import", new { tenant, import }) == 0;
    }

    /// <summary>Asks whichever server is at it to stop. False: none is.</summary>
    public async ValueTask<bool> AskToCancelAsync(string tenant, string import) =>
        await db.ExecuteAsync(
            "UPDATE user_imports SET cancel_asked = 1 WHERE tenant_id = @tenant AND import_id = @import AND state IN ('Checking', 'Importing')", new { tenant, import }) == 1;

    public async ValueTask AddRefusalsAsync(string tenant, string import, IReadOnlyList<RefusedLine> refused)
    {
        var (last, position) = (0L, 0L);
        foreach (var (line, field, reason) in refused)
        {
            position = line == last ? position + 1 : 0;
            last = line;
            await db.ExecuteAsync(
                """
                INSERT INTO user_import_refusals (tenant_id, import_id, line, position, field, reason) VALUES (@tenant, @import, @line, @position, @field, @reason)
                """,
                new { tenant, import, line, position, field, reason });
        }
    }

    /// <summary>In the order of the file.</summary>
    public async ValueTask<IReadOnlyList<RefusedLine>> RefusalsAsync(string tenant, string import, int limit) =>
        await db.AllAsync<RefusedLine>(
            "SELECT line, field, reason FROM user_import_refusals WHERE tenant_id = @tenant AND import_id = @import ORDER BY line, position LIMIT @limit",
            new { tenant, import, limit = (long)limit });

    /// <summary>Forgets imports that nobody has heard of since an instant, a bounded number at a time; how many rows it was.</summary>
    public async ValueTask<int> PruneAsync(string tenant, DateTimeOffset before, int limit)
    {
        var key = new { tenant, before = before.Ms(), limit = (long)limit };
        const string Old = "SELECT import_id FROM user_imports WHERE tenant_id = @tenant AND updated_at < @before";
        var lines = await db.ExecuteAsync(
            $"""
            DELETE FROM user_import_refusals WHERE tenant_id = @tenant AND (import_id, line, position) IN
                (SELECT import_id, line, position FROM user_import_refusals WHERE tenant_id = @tenant AND import_id IN ({Old}) LIMIT @limit)
            """,
            key);
        return lines > 0
            ? lines
            : await db.ExecuteAsync($"DELETE FROM user_imports WHERE tenant_id = @tenant AND import_id IN ({Old} LIMIT @limit)", key);
    }
}
