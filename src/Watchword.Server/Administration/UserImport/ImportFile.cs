using System.Text.Unicode;
using CsvHelper;
using Watchword.Server.Administration.Users;

namespace Watchword.Server.Administration.UserImport;

/// <summary>A line of a file, as far as it could be read.</summary>
/// <param name="Number">The heading is the first.</param>
/// <param name="End">Bytes of the file up to it.</param>
/// <param name="Draft">What it says; null when it could not be read.</param>
/// <param name="Fault">Why not.</param>
internal sealed record ImportLine(long Number, long End, UserDraft? Draft, string? Fault);

/// <summary>Reads a file of users: CSV in UTF-8 with or without a byte order mark; comma, semicolon or tab, whichever it has.</summary>
internal sealed class ImportFile : IDisposable
{
    /// <summary>Longer than any line can be that is right.</summary>
    private const int LongestLine = 64 * 1024;

    private readonly CsvReader _reader;
    private CsvMalformedReason? _malformed;

    public ImportFile(Stream stream) =>
        _reader = CsvReader.Create(stream, new CsvReaderOptions
        {
            // So that one quote too many does not swallow the rest of the file.
            AllowLineBreaksInQuotes = false,
            MaxRecordSize = LongestLine,
            TrackLineNumbers = true,
            TrimWhitespace = true,
            IncludeValuesInExceptions = false,
            OnMalformedRecord = record => _malformed = record.Reason,
        });

    /// <summary>The first line.</summary>
    /// <exception cref="CsvFormatException">It is no heading of a CSV file.</exception>
    public IReadOnlyList<string> Heading()
    {
        _reader.ReadHeader();
        return [.. _reader.Headers];
    }

    /// <summary>The lines after it, without those that are empty.</summary>
    /// <exception cref="CsvFormatException">A line is longer than any may be.</exception>
    public IEnumerable<ImportLine> Lines(ImportColumns columns)
    {
        while (true)
        {
            _malformed = null;
            if (!_reader.Read())
                yield break;
            var fault = FaultOf(columns);
            var end = _reader.ByteOffset + _reader.RawRecord.Length;
            yield return new ImportLine(_reader.LineNumber, end, fault is null ? columns.Draft(_reader.GetString) : null, fault);
        }
    }

    public void Dispose() => _reader.Dispose();

    private string? FaultOf(ImportColumns columns)
    {
        if (_malformed is not null)
            return "A quotation mark is in the wrong place, or a cell has a line break.";
        if (_reader.FieldCount > columns.Count)
            return "There are more cells than columns. A cell with the separator in it needs quotation marks around it.";
        return Utf8.IsValid(_reader.RawRecord) ? null : "This is not UTF-8. Save the file as CSV UTF-8.";
    }
}
