using Watchword.Server.Storage;

namespace Watchword.Server.Administration.UserImport;

/// <summary>An import of users as an administrator sees it.</summary>
/// <param name="ImportId">Its name.</param>
/// <param name="AppId">The application that the users are to be in; null: none.</param>
/// <param name="Actor">Who brought the file, as the audit log writes it.</param>
/// <param name="FileName">What it was called.</param>
/// <param name="FileHash">SHA-256 of the file.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Progress">How much of the file this run has read, 0 to 1.</param>
/// <param name="Counts">While it is checked and after, what would come of it; from its start on, what came of it.</param>
/// <param name="Ignored">Columns that mean nothing here.</param>
/// <param name="Fault">Why it failed.</param>
/// <param name="CreatedAt">When the file came.</param>
/// <param name="UpdatedAt">When it was last heard of.</param>
internal sealed record ImportView(
    string ImportId, string? AppId, string Actor, string FileName, string FileHash, ImportState State, double Progress, ImportCounts Counts, IReadOnlyList<string> Ignored,
    string? Fault, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    /// <summary>One that was running and has not been heard of for this long was cut off: a batch takes much less.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromMinutes(1);

    /// <summary>Whether it goes on by itself.</summary>
    public bool IsRunning => State is ImportState.Checking or ImportState.Importing;

    public static ImportView Of(KeptImport kept, DateTimeOffset now)
    {
        var state = Enum.Parse<ImportState>(kept.State);
        var silent = now - kept.UpdatedAt.At();
        if ((state is ImportState.Checking or ImportState.Importing && silent > Silence) || (state == ImportState.Checked && silent > UserImports.Patience))
            state = ImportState.Interrupted;
        return new(
            kept.ImportId, kept.AppId is "" ? null : kept.AppId, kept.Actor, kept.FileName, kept.FileHash, state,
            state is ImportState.Checked or ImportState.Done ? 1 : Math.Clamp(kept.Bytes == 0 ? 0 : (double)kept.BytesRead / kept.Bytes, 0, 1),
            new ImportCounts(kept.Lines, kept.Created, kept.Linked, kept.Present, kept.Refused), StoredJson.Read<string[]>(kept.Ignored), kept.Fault, kept.CreatedAt.At(), kept.UpdatedAt.At());
    }
}
