using CsvHelper;
using Watchword.Server.Storage;

namespace Watchword.Server.Administration.UserImport;

/// <summary>Writes the refused lines of an import as a file for a spreadsheet.</summary>
internal static class ImportReport
{
    public static void Write(Stream to, IReadOnlyList<RefusedLine> refused, long all)
    {
        // All of it is in our words; escaped all the same, for a cell that begins like a formula would be run.
        using var csv = CsvWriter.Create(to, new CsvWriterOptions { Injection = CsvInjection.Escape, WriteByteOrderMark = true }, leaveOpen: true);
        Line("line", "column", "reason");
        foreach (var line in refused)
            Line(line.Line.ToString(System.Globalization.CultureInfo.InvariantCulture), line.Field, line.Reason);
        var told = refused.Select(r => r.Line).Distinct().LongCount();
        if (told < all)
            Line("", "", $"{all - told} more lines were refused. Mend these and check the file again.");

        void Line(params ReadOnlySpan<string> cells)
        {
            foreach (var cell in cells)
                csv.WriteField(cell);
            csv.EndRecord();
        }
    }
}
