using System.Globalization;
using Watchword.Server.Administration.UserImport;
using Watchword.Server.Storage;

namespace Watchword.Server.Portal.Pages.Users;

/// <summary>Imports of users, as people read them.</summary>
internal static class ImportWords
{
    public static string State(ImportState state) => state switch
    {
        ImportState.Checking => "Checking",
        ImportState.Checked => "Waiting for you",
        ImportState.Importing => "Importing",
        ImportState.Done => "Imported",
        ImportState.Cancelled => "Stopped",
        ImportState.Interrupted => "Interrupted",
        _ => "Failed",
    };

    /// <summary>The class of the word's colour.</summary>
    public static string Tone(ImportState state) => state switch
    {
        ImportState.Done => "good",
        ImportState.Failed or ImportState.Interrupted => "bad",
        _ => "open",
    };

    /// <summary>Whether the counts are of what came of the file, not of what would come.</summary>
    public static bool HasWritten(ImportState state) => state is ImportState.Importing or ImportState.Done;

    /// <summary>A sentence on where it stands, and what to do.</summary>
    public static string Told(ImportView import, string? app) => import.State switch
    {
        ImportState.Checking => "Every line is looked at. Nothing is written yet; you may leave this page and come back.",
        ImportState.Checked when import.Counts.Created + import.Counts.Linked == 0 && import.Counts.Refused == 0 => "All users in it are there already. There is nothing to import.",
        ImportState.Checked when import.Counts.Created + import.Counts.Linked == 0 => "There is nothing that could be imported. Mend the file and upload it again.",
        ImportState.Checked => $"Nothing is written yet. Import it{(app is null ? "" : $" into {app}")} within an hour{(import.Counts.Refused == 0 ? "" : ", or mend the refused lines first and upload it again")}.",
        ImportState.Importing => "It goes on by itself; you may leave this page and come back.",
        ImportState.Done => import.Counts.Refused == 0 ? "All of the file is there." : "All but the refused lines is there.",
        ImportState.Cancelled => "Who was imported before stays.",
        ImportState.Interrupted => "The server was stopped meanwhile. Upload the file again: who was imported stays, and nobody is there twice.",
        _ => "",
    };

    /// <summary>What the button does.</summary>
    public static string Deed(ImportCounts counts) =>
        counts.Created + counts.Linked == 1 ? "Import 1 user" : $"Import {Number(counts.Created + counts.Linked)} users";

    public static string Number(long number) => number.ToString("#,0", CultureInfo.InvariantCulture);
}
