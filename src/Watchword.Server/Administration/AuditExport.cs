using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Watchword.Core.Audit;
using Watchword.Server.Events;
using Watchword.Server.Storage;

namespace Watchword.Server.Administration;

/// <summary>What an exported audit log is written in.</summary>
internal enum AuditFormat
{
    /// <summary>One JSON object a line.</summary>
    JsonLines,

    /// <summary>RFC 4180, for spreadsheets.</summary>
    Csv,
}

/// <summary>The audit log as a file that is written while it is read.</summary>
internal sealed partial class AuditExport(Database database, EventRelay relay, TimeProvider time, IOptions<Microsoft.AspNetCore.Http.Json.JsonOptions> json)
{
    private const int AtOnce = 500;
    private static readonly string[] Heading =
        ["sequence", "at", "action", "actor", "app_id", "user_id", "target", "outcome", "address", "user_ip", "user_agent", "detail"];

    /// <summary>The file, for an answer. What happened before the call is in it, and that it was made.</summary>
    public async Task<PushStreamHttpResult> FileAsync(Author by, AuditLogQuery query, AuditFormat format, CancellationToken cancellation)
    {
        var tenant = by.TenantId;
        // Before the first byte: who copied addresses and browsers of people can be asked about it.
        await database.WriteAsync(db => new EventStore(db).AddAsync(by, AuditAction.AuditExported, time.GetUtcNow(), detail: StoredJson.Write(new { format = format == AuditFormat.Csv ? "csv" : "jsonl" })));
        await relay.RelayAllAsync(cancellation);
        return format == AuditFormat.Csv
            ? TypedResults.Stream(stream => WriteAsync(stream, Line(Heading), e => Line(Cells(e))), "text/csv; charset=utf-8", "audit.csv")
            : TypedResults.Stream(stream => WriteAsync(stream, "", e => JsonSerializer.Serialize(AuditEntryJson.Of(e), json.Value.SerializerOptions) + "\n"), "application/jsonl", "audit.jsonl");

        async Task WriteAsync(Stream stream, string heading, Func<LoggedEvent, string> line)
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(heading), cancellation);
            for (var next = query; ;)
            {
                var page = await database.ReadAsync(db => new AuditLogStore(db).ReadAsync(tenant, next, AtOnce));
                await stream.WriteAsync(Encoding.UTF8.GetBytes(string.Concat(page.Entries.Select(line))), cancellation);
                if (page.NextBefore is null)
                    return;
                next = next with { Before = page.NextBefore };
            }
        }
    }

    private static string?[] Cells(LoggedEvent e)
    {
        var origin = AuditEntryJson.Of(e).Origin;
        return
        [
            e.Sequence.ToString(CultureInfo.InvariantCulture), e.Instant.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture), e.Action, e.Actor, e.AppId,
            e.UserId, e.Target, e.Outcome, origin?.Address, origin?.UserIp, origin?.UserAgent, e.Detail,
        ];
    }

    /// <summary>RFC 4180.</summary>
    private static string Line(IEnumerable<string?> cells) => string.Join(',', cells.Select(Cell)) + "\r\n";

    /// <summary>
    /// A spreadsheet runs a cell that begins like a formula, and a user agent is of a stranger's making: an apostrophe makes it text. In many
    /// languages spreadsheets also cut lines at semicolons, whatever the quotes say.
    /// </summary>
    private static string Cell(string? text)
    {
        text ??= "";
        text = FormulaStart().Replace(text, "$0'");
        return text.AsSpan().IndexOfAny(",\"\r\n") >= 0 ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }

    [GeneratedRegex(@"(?:^|[;\t] *)(?=[=+\-@\t\r\n＝＋－＠])")]
    private static partial Regex FormulaStart();
}
