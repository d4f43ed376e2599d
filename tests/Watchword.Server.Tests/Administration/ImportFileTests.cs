using System.Text;
using Watchword.Server.Administration.UserImport;
using Watchword.Server.Storage;

namespace Watchword.Server.Tests.Administration;

/// <summary>Which files are read as files of users, and how.</summary>
public sealed class ImportFileTests
{
    [Theory]
    [InlineData("as documented", "phone_number,email,first_name")]
    [InlineData("capitals and spaces", "Phone Number, E-Mail ,First Name")]
    [InlineData("written together", "PhoneNumber,Email,FirstName")]
    [InlineData("semicolons, as a German spreadsheet has them", "phone_number;email;first_name")]
    [InlineData("tabs", "phone_number\temail\tfirst_name")]
    [InlineData("other names for the same", "Mobile,Email address,First-Name")]
    [InlineData("in quotation marks", "\"phone_number\",\"email\",\"first_name\"")]
    [InlineData("with a column that means nothing", "phone_number,email,first_name,shoe_size")]
    public void A_heading_is_understood(string reason, string heading)
    {
        Assert.NotEmpty(reason);
        var separator = heading.Contains(';') ? ';' : heading.Contains('\t') ? '\t' : ',';
        foreach (var mark in new[] { "", "\uFEFF" })
        foreach (var end in new[] { "\n", "\r\n" })
        {
            var line = Assert.Single(Read(mark + heading + end + string.Join(separator, "+447700900123", "ann@example.com", " Ann ") + end, out var columns));
            Assert.Equal(("+447700900123", "ann@example.com", "Ann"), (line.Draft!.PhoneNumber, line.Draft.Email, line.Draft.Name!.FirstName));
            Assert.Equal(reason.Contains("means nothing", StringComparison.Ordinal) ? ["shoe_size"] : [], columns.Ignored);
        }
    }

    [Theory]
    [InlineData("no heading", "+447700900123,ann@example.com", "The first line must name the columns, and one of them must be phone_number or email.")]
    [InlineData("an empty file", "", "The first line must name the columns, and one of them must be phone_number or email.")]
    [InlineData("neither number nor address", "first_name,username", "The first line must name the columns, and one of them must be phone_number or email.")]
    [InlineData("a column twice", "email,phone,Phone Number", "Two columns are phone_number.")]
    public void A_file_that_cannot_be_one_of_users_is_refused(string reason, string text, string expected)
    {
        Assert.NotEmpty(reason);
        var faults = new List<string>();
        using var file = new ImportFile(new MemoryStream(Encoding.UTF8.GetBytes(text)));
        Assert.Null(ImportColumns.Read(file.Heading(), intoApplication: true, faults));
        Assert.Equal([expected], faults);
    }

    [Fact]
    public void Columns_of_an_application_need_one()
    {
        var faults = new List<string>();
        Assert.Null(ImportColumns.Read(["email", "username", "External User ID"], intoApplication: false, faults));
        Assert.Equal(["The column username belongs to an application: choose one.", "The column external_user_id belongs to an application: choose one."], faults);
        Assert.NotNull(ImportColumns.Read(["email", "username", "External User ID"], intoApplication: true, []));
    }

    [Fact]
    public void Cells_of_a_file_without_a_heading_are_not_kept_as_names_of_columns() =>
        Assert.Equal(["shoe size", "column 3"], ImportColumns.Read(["email", "shoe size", "+447700900123"], intoApplication: true, [])!.Ignored);

    [Fact]
    public void Every_column_finds_its_field()
    {
        var heading = string.Join(',', ImportColumns.Known);
        var draft = Assert.Single(Read(heading + "\n" + string.Join(',', ImportColumns.Known.Select((_, i) => $"v{i}")), out _)).Draft!;
        Assert.Equal(
            Enumerable.Range(0, ImportColumns.Known.Count).Select(i => $"v{i}"),
            [draft.PhoneNumber, draft.Email, draft.Username, draft.ExternalUserId, draft.ExternalAccountId, draft.Name!.Title, draft.Name.FirstName, draft.Name.MiddleName, draft.Name.LastName, draft.Language, draft.Birthday, draft.Picture]);
    }

    [Fact]
    public void A_line_that_cannot_be_read_costs_itself_only_and_has_its_number_in_the_file()
    {
        byte[] latin1 = [.. "+447700900105,M"u8, 0xFC, .. "ller\n"u8];
        byte[] file =
        [
            .. "phone_number,last_name\n"u8, .. "+447700900101,\"Smith, Ann\"\n"u8, .. "\n"u8, .. "+447700900102,\"Unclosed\n"u8, .. "+447700900103,O\"Brien\n"u8, .. "+447700900104,a,b\n"u8, .. latin1,
            .. "+447700900106\n"u8, .. "+447700900107,\n"u8,
        ];
        var lines = Read(file, out _);
        Assert.Equal(
            [(2L, "Smith, Ann", null), (4, null, "A quotation mark"), (5, null, "A quotation mark"), (6, null, "There are more cells"), (7, null, "This is not UTF-8"), (8, null, null), (9, null, null)],
            lines.Select(l => (l.Number, l.Draft?.Name?.LastName, Beginning(l.Fault))));
        Assert.Equal(file.Length - 1, lines[^1].End);

        static string? Beginning(string? fault) => fault is null ? null : ((string[])["A quotation mark", "There are more cells", "This is not UTF-8"]).Single(b => fault.StartsWith(b, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_is_nowhere_to_be_read_while_it_waits_nor_afterwards()
    {
        var mark = "spool-" + Guid.CreateVersion7(DateTimeOffset.UnixEpoch).ToString("N");
        var content = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(mark + "\n", 10_000)));
        using (var spool = (await Spool.TakeAsync(new MemoryStream(content), content.Length, CancellationToken.None))!)
        {
            Assert.Equal((content.Length, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content))), ((int)spool.Length, spool.Hash));
            // From its beginning, as often as wanted.
            for (var i = 0; i < 2; i++)
            {
                using var read = new MemoryStream();
                await using var file = spool.Open();
                await file.CopyToAsync(read);
                Assert.Equal(content, read.ToArray());
            }
            Assert.DoesNotContain(Directory.GetFiles(Path.GetTempPath()), HoldsMark);
            if (OperatingSystem.IsLinux())
            {
                // It has no name any more; those who may look at this process see what it holds, which is not the file.
                var held = Directory.GetFileSystemEntries("/proc/self/fd").Where(fd => new FileInfo(fd).LinkTarget is { } target && target.StartsWith(Path.GetTempPath(), StringComparison.Ordinal) && target.EndsWith("(deleted)", StringComparison.Ordinal)).ToList();
                Assert.NotEmpty(held);
                Assert.DoesNotContain(held, fd => File.ReadAllBytes(fd).AsSpan().IndexOf(Encoding.UTF8.GetBytes(mark)) >= 0);
            }
        }

        bool HoldsMark(string path)
        {
            try
            {
                // A file of the same size, and no pipe or socket of somebody else's.
                return new FileInfo(path).Length / 1000 == content.Length / 1000 && File.ReadAllBytes(path).AsSpan().IndexOf(Encoding.UTF8.GetBytes(mark)) >= 0;
            }
            catch (Exception other) when (other is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        }
    }

    [Fact]
    public async Task A_file_that_is_too_long_is_not_taken()
    {
        Assert.Null(await Spool.TakeAsync(new MemoryStream(new byte[1001]), 1000, CancellationToken.None));
        using var spool = await Spool.TakeAsync(new MemoryStream(new byte[1000]), 1000, CancellationToken.None);
        Assert.NotNull(spool);
    }

    [Fact]
    public void A_report_runs_nothing_in_a_spreadsheet_and_says_what_it_leaves_out()
    {
        using var to = new MemoryStream();
        ImportReport.Write(to, [new(2, "email", "must be an email address."), new(3, "", "=HYPERLINK(\"http://x\")"), new(3, "phone_number", "is on line 2 already.")], all: 5);
        Assert.Equal(
            "\uFEFFline,column,reason\r\n2,email,must be an email address.\r\n3,,\"'=HYPERLINK(\"\"http://x\"\")\"\r\n3,phone_number,is on line 2 already.\r\n,,3 more lines were refused. Mend these and check the file again.\r\n",
            Encoding.UTF8.GetString(to.ToArray()));
    }

    [Fact]
    public void An_import_that_has_been_silent_for_a_minute_was_cut_off()
    {
        var now = DateTimeOffset.UnixEpoch.AddYears(50);
        ImportState After(ImportState state, TimeSpan silent) =>
            ImportView.Of(new KeptImport { State = state.ToString(), UpdatedAt = (now - silent).Ms() }, now).State;
        foreach (var running in new[] { ImportState.Checking, ImportState.Importing })
        {
            Assert.Equal(running, After(running, TimeSpan.FromMinutes(1)));
            Assert.Equal(ImportState.Interrupted, After(running, TimeSpan.FromMilliseconds(60_001)));
        }
        Assert.Equal(ImportState.Checked, After(ImportState.Checked, TimeSpan.FromHours(1)));
        Assert.Equal(ImportState.Interrupted, After(ImportState.Checked, TimeSpan.FromMilliseconds(3_600_001)));
        Assert.Equal(ImportState.Done, After(ImportState.Done, TimeSpan.FromDays(1)));
    }

    private static List<ImportLine> Read(string text, out ImportColumns columns) => Read(Encoding.UTF8.GetBytes(text), out columns);

    private static List<ImportLine> Read(byte[] content, out ImportColumns columns)
    {
        using var file = new ImportFile(new MemoryStream(content));
        columns = ImportColumns.Read(file.Heading(), intoApplication: true, [])!;
        return [.. file.Lines(columns)];
    }
}
