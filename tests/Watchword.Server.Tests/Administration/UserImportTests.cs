using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Watchword.Core.Audit;
using Watchword.Server.Administration.UserImport;
using Watchword.Server.Storage;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tests.Security;

namespace Watchword.Server.Tests.Administration;

public sealed class UserImportsOnSqlite(SqliteServer server) : UserImportTests(server), IClassFixture<SqliteServer>;

public sealed class UserImportsOnPostgres(PostgresServer server) : UserImportTests(server), IClassFixture<PostgresServer>;

/// <summary>Files of users, from the upload to the last line.</summary>
public abstract class UserImportTests(SharedServer shared) : SecurityTests(shared)
{
    private UserImports Imports => Server.Services.GetRequiredService<UserImports>();

    [Fact]
    public async Task A_file_is_checked_without_a_trace_and_then_imported()
    {
        var (app, by) = await TenantOfAsync();
        var file = Lines("phone_number,email,username,first_name,last_name,language,external_user_id,external_account_id,birthday", 250, i =>
            $"+4477009{i:d5},u{i}@example.com,User{i},Ann,Smith{i},en,x-{i},acc,1990-12-31");
        var check = await CheckAsync(by, app.AppId, file);
        Assert.Equal((ImportState.Checked, new ImportCounts(250, 250), 1.0, app.AppId, by.Actor, "people.csv"), (check.State, check.Counts, check.Progress, check.AppId, check.Actor, check.FileName));
        Assert.Equal(0, await UsersAsync(by.TenantId));
        Assert.DoesNotContain(await EntriesAsync(app), e => e.StartsWith("user", StringComparison.Ordinal));

        var done = await ImportAsync(by, check.ImportId);
        Assert.Equal((ImportState.Done, new ImportCounts(250, 250), 1.0), (done.State, done.Counts, done.Progress));
        Assert.Equal(250, await UsersAsync(by.TenantId));
        var user = (await app.Http.GetAsync("/cis/v1/users/username/USER7", 200)).At("result");
        Assert.Equal(("+447700900007", "u7@example.com", "Pending", "en", "x-7", "acc", "1990-12-31", "Smith7"),
            (user.Str("phone_number", "value"), user.Str("email", "value"), user.Str("status"), user.Str("language"), user.Str("external_user_id"), user.Str("external_account_id"), user.Str("birthday"), user.Str("name", "last_name")));
        await app.LoginAsync("+447700900007");

        // Two entries for all of it, and the hash proves what the file was.
        Assert.Equal(["users.import_started", "users.imported"], (await EntriesAsync(app)).Where(e => e.StartsWith("user", StringComparison.Ordinal) && e != "user.logged_in"));
        var detail = (await app.Management.GetAsync("/cis/v1/audit?action=users.imported", 200)).At("result")[0];
        Assert.Equal((check.ImportId, app.AppId, by.Actor), (detail.Str("target"), detail.Str("app_id"), detail.Str("actor")));
        Assert.Equal((250, 250, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(file))),
            (detail.At("detail", "lines").GetInt32(), detail.At("detail", "created").GetInt32(), detail.Str("detail", "file_sha256")));

        // Once more, all of them are there.
        var again = await CheckAsync(by, app.AppId, file);
        Assert.Equal(new ImportCounts(250, Present: 250), again.Counts);
        Assert.Equal(new ImportCounts(250, Present: 250), (await ImportAsync(by, again.ImportId)).Counts);
        Assert.Equal(250, await UsersAsync(by.TenantId));
    }

    [Fact]
    public async Task Who_is_in_the_tenant_is_only_added_to_the_application()
    {
        var (app, by) = await TenantOfAsync();
        var other = await ApplicationAsync(beside: app);
        var user = (await other.Http.PostAsync("/cis/v1/users", new { phone_number = Attack.Alice, name = new { first_name = "Alice" }, language = "pt" }, 201)).At("result").Str("user_id");
        var file = Encoding.UTF8.GetBytes($"phone,first name,language,username\n{Attack.Alice},Somebody,en,alice\n");
        var check = await CheckAsync(by, app.AppId, file);
        Assert.Equal(new ImportCounts(1, Linked: 1), check.Counts);
        Assert.Equal(new ImportCounts(1, Linked: 1), (await ImportAsync(by, check.ImportId)).Counts);
        var linked = (await app.Http.GetAsync("/cis/v1/users/username/alice", 200)).At("result");
        Assert.Equal((user, "Alice", "pt"), (linked.Str("user_id"), linked.Str("name", "first_name"), linked.Str("language")));
    }

    [Fact]
    public async Task Without_an_application_users_are_the_tenants()
    {
        var (app, by) = await TenantOfAsync();
        var check = await CheckAsync(by, null, Encoding.UTF8.GetBytes("email\na@example.com\nb@example.com\n"));
        Assert.Equal(new ImportCounts(2, 2), (await ImportAsync(by, check.ImportId)).Counts);
        Assert.Equal(2, await UsersAsync(by.TenantId));
        await app.Http.GetAsync("/cis/v1/users/email/a%40example.com", 404);
    }

    [Fact]
    public async Task Lines_are_refused_for_the_same_reasons_when_checked_and_when_imported()
    {
        var (app, by) = await TenantOfAsync();
        await app.Http.PostAsync("/cis/v1/users", new { phone_number = Attack.Alice, username = "alice" }, 201);
        await app.Http.PostAsync("/cis/v1/users", new { phone_number = Attack.Bob, email = "bob@example.com" }, 201);
        var file = Encoding.UTF8.GetBytes(
            $"""
            phone_number;email;username;birthday;language
            +447700900001;secret@example.com;;;
            0770 0900 002;nobody;;yesterday;klingon!
            +447700900003;SECRET@example.com;;;
            ;;ann;;
            +447700900004;;ALICE;;
            {Attack.Alice};bob@example.com;;;
            {Attack.Alice};;other;;
            +44 7700 900001;;;;
            "+447700900005;x;;;

            +447700900006;;New;;
            +447700900007;;new;;
            """);
        RefusedLine[] expected =
        [
            new(3, "birthday", "must be a date, for example 1990-12-31."), new(3, "language", "must be a language tag, for example en or pt-BR."),
            new(3, "phone_number", "must be a phone number in international form (E.164), for example +447700900123."), new(3, "email", "must be an email address."),
            new(4, "email", "is on line 2 already."), new(5, "", "An email or a phone_number is required."), new(6, "username", "is another user's in this application."),
            new(7, "", "The phone number is one user's and the email address another's."), new(8, "phone_number", "is on line 7 already."), new(9, "phone_number", "is on line 2 already."),
            new(10, "", "A quotation mark is in the wrong place, or a cell has a line break."), new(13, "username", "is on line 12 already."),
        ];
        var check = await CheckAsync(by, app.AppId, file);
        Assert.Equal(expected, await Imports.RefusedAsync(by.TenantId, check.ImportId, 100));
        Assert.Equal(new ImportCounts(11, Created: 2, Refused: 9), check.Counts);
        var done = await ImportAsync(by, check.ImportId);
        Assert.Equal(expected, await Imports.RefusedAsync(by.TenantId, check.ImportId, 100));
        Assert.Equal(check.Counts, done.Counts);

        using var report = new MemoryStream();
        Assert.True(await Imports.WriteReportAsync(by.TenantId, check.ImportId, report));
        var text = Encoding.UTF8.GetString(report.ToArray());
        Assert.Equal(1 + expected.Length, text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("\r\n9,phone_number,is on line 2 already.\r\n", text, StringComparison.Ordinal);
        // Of what stands in the file, nothing is kept beside the users.
        foreach (var cell in new[] { "secret", "nobody", "yesterday", "klingon", "900004" })
        {
            Assert.DoesNotContain(cell, text, StringComparison.OrdinalIgnoreCase);
            Assert.Equal(0, await Server.PeekAsync<long>("SELECT COUNT(*) FROM user_import_refusals WHERE reason LIKE @cell OR field LIKE @cell", new { cell = $"%{cell}%" }));
        }
    }

    [Fact]
    public async Task More_refused_lines_than_are_written_down_are_counted()
    {
        var (app, by) = await TenantOfAsync();
        var check = await CheckAsync(by, app.AppId, Lines("email", ImportRun.MostRefusals + 5, _ => "nobody"));
        Assert.Equal(new ImportCounts(ImportRun.MostRefusals + 5, Refused: ImportRun.MostRefusals + 5), check.Counts);
        Assert.Equal(ImportRun.MostRefusals, (await Imports.RefusedAsync(by.TenantId, check.ImportId, int.MaxValue)).Count);
        using var report = new MemoryStream();
        await Imports.WriteReportAsync(by.TenantId, check.ImportId, report);
        Assert.Contains("5 more lines were refused.", Encoding.UTF8.GetString(report.ToArray()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Guesses_at_a_number_count_for_whoever_is_imported_with_it()
    {
        var (app, by) = await TenantOfAsync();
        await app.ChangeSettingsAsync(new { conceal_unknown_users = true });
        await app.LockOutAsync();
        await ImportAsync(by, (await CheckAsync(by, app.AppId, Encoding.UTF8.GetBytes($"phone\n{Attack.Alice}\n"))).ImportId);
        Assert.Equal("auth_locked", await (await app.AuthenticateAsync("no code")).ErrorAsync(403));
        Assert.Equal(1, await UsersAsync(by.TenantId));
    }

    [Fact]
    public async Task Whom_a_backend_creates_meanwhile_costs_a_line_and_nothing_more()
    {
        var (app, by) = await TenantOfAsync();
        const int Many = 600;
        var check = await CheckAsync(by, app.AppId, Lines("phone,username", Many, i => $"+4477009{i:d5},user{i}"));
        var start = await Imports.StartAsync(by, check.ImportId);
        Assert.Empty(start!.Value.Faults);
        // From the other end, until they meet; every third has a number of its own and only the username of somebody in the file.
        var backend = 0;
        for (var i = Many - 1; i >= 0 && (await Imports.FindAsync(by.TenantId, check.ImportId))!.IsRunning; i--)
        {
            var answer = await app.PostAsync("/cis/v1/users", new { phone_number = i % 3 == 0 ? $"+4477008{i:d5}" : $"+4477009{i:d5}", username = $"user{i}" });
            backend += answer.StatusCode == System.Net.HttpStatusCode.Created ? 1 : 0;
        }
        var done = await EndAsync(by, check.ImportId);
        Assert.Equal((ImportState.Done, Many), (done.State, done.Counts.Lines));
        Assert.Equal(Many, done.Counts.Created + done.Counts.Present + done.Counts.Refused);
        Assert.Equal(done.Counts.Created + backend, await UsersAsync(by.TenantId));
    }

    [Fact]
    public async Task One_write_that_fails_for_one_line_is_done_again_without_it()
    {
        var (app, by) = await TenantOfAsync();
        var file = Lines("phone,username", 50, i => $"+4477009{i:d5},user{i}");
        var check = await CheckAsync(by, app.AppId, file);
        // Behind the server's back: a row that the line's look does not find, and its insert does.
        await Server.TamperAsync($"CREATE UNIQUE INDEX only_one_account ON users (external_account_id) WHERE tenant_id = '{by.TenantId}'");
        try
        {
            await ImportAsync(by, check.ImportId);
            var same = Lines("phone,external_account_id", 50, i => $"+4477008{i:d5},{(i is 10 or 20 ? "same" : $"{by.TenantId}{i}")}");
            var done = await ImportAsync(by, (await CheckAsync(by, app.AppId, same)).ImportId);
            Assert.Equal((ImportState.Done, new ImportCounts(50, Created: 49, Refused: 1)), (done.State, done.Counts));
            Assert.Equal([new RefusedLine(22, "", "Another user has one of these identifiers.")], await Imports.RefusedAsync(by.TenantId, done.ImportId, 10));
            Assert.Equal(99, await UsersAsync(by.TenantId));
        }
        finally
        {
            await Server.TamperAsync("DROP INDEX only_one_account");
        }
    }

    [Fact]
    public async Task An_import_that_is_cancelled_stops_and_keeps_what_it_did()
    {
        var (app, by) = await TenantOfAsync();
        const int Many = 6_000;
        var check = await CheckAsync(by, app.AppId, Lines("phone", Many, i => $"+4477009{i:d5}"));
        await Imports.StartAsync(by, check.ImportId);
        await Attack.UntilAsync(async () => (await Imports.FindAsync(by.TenantId, check.ImportId))!.Counts.Created > 0);
        Assert.True(await Imports.CancelAsync(by, check.ImportId));
        var end = await EndAsync(by, check.ImportId);
        Assert.Equal(ImportState.Cancelled, end.State);
        Assert.InRange(end.Counts.Created, 1, Many - 1);
        Assert.Equal(end.Counts.Created, await UsersAsync(by.TenantId));
        Assert.InRange(end.Progress, 0.0001, 0.9999);
        Assert.False(await Imports.CancelAsync(by, check.ImportId));
        Assert.Single((await Imports.StartAsync(by, check.ImportId))!.Value.Faults);

        // The rest follows when the file is imported again.
        var again = await CheckAsync(by, app.AppId, Lines("phone", 200, i => $"+4477009{i:d5}"));
        Assert.Equal(200, again.Counts.Created + again.Counts.Present);
    }

    [Fact]
    public async Task A_file_that_waits_can_be_dropped_and_goes_by_itself_after_an_hour()
    {
        var (app, by) = await TenantOfAsync();
        var file = Encoding.UTF8.GetBytes($"phone\n{Attack.Alice}\n");
        var first = await CheckAsync(by, app.AppId, file);
        Assert.True(await Imports.CancelAsync(by, first.ImportId));
        Assert.Equal(ImportState.Cancelled, (await Imports.FindAsync(by.TenantId, first.ImportId))!.State);

        // Another takes its place.
        Server.Clock.Advance(TimeSpan.FromMilliseconds(1));
        var second = await CheckAsync(by, app.AppId, file);
        Server.Clock.Advance(TimeSpan.FromMilliseconds(1));
        var third = await CheckAsync(by, app.AppId, file);
        Assert.Equal([ImportState.Checked, ImportState.Cancelled, ImportState.Cancelled], (await Imports.ListAsync(by.TenantId, 10)).Select(i => i.State));
        Assert.Single((await Imports.StartAsync(by, second.ImportId))!.Value.Faults);

        Server.Clock.Advance(TimeSpan.FromHours(1));
        await Attack.UntilAsync(async () => (await Imports.FindAsync(by.TenantId, third.ImportId))!.State == ImportState.Cancelled);
        Assert.Contains("within an hour", (await Imports.FindAsync(by.TenantId, third.ImportId))!.Fault, StringComparison.Ordinal);
        Assert.Equal(0, await UsersAsync(by.TenantId));
    }

    [Fact]
    public async Task Files_that_only_wait_make_room_for_those_of_others()
    {
        // What another test saw the end of may still be on its way out, and takes a place until then.
        await Imports.SettleAsync();
        var waiting = new List<(Author By, string Import)>();
        for (var i = 0; i < UserImports.MostOpen + 1; i++)
        {
            var (app, by) = await TenantOfAsync();
            waiting.Add((by, (await CheckAsync(by, app.AppId, Encoding.UTF8.GetBytes($"phone\n{Attack.Alice}\n"))).ImportId));
            Server.Clock.Advance(TimeSpan.FromMilliseconds(1));
        }
        var first = (await Imports.FindAsync(waiting[0].By.TenantId, waiting[0].Import))!;
        Assert.Equal(ImportState.Cancelled, first.State);
        Assert.Contains("room", first.Fault, StringComparison.Ordinal);
        foreach (var (by, import) in waiting.Skip(1))
            Assert.Equal(ImportState.Done, (await ImportAsync(by, import)).State);
    }

    [Fact]
    public async Task A_file_takes_its_place_before_its_first_byte()
    {
        await Imports.SettleAsync();
        var (app, by) = await TenantOfAsync();
        using var slow = new SlowStream($"phone\n{Attack.Alice}\n");
        var first = Imports.UploadAsync(by, app.AppId, "slow.csv", slow, CancellationToken.None);
        await Task.WhenAny(slow.Asked, first);
        Assert.Equal(["Another file is being uploaded. Wait for its end."], (await Imports.UploadAsync(by, app.AppId, "x.csv", new MemoryStream(), CancellationToken.None)).Faults);
        var others = new List<(SlowStream Stream, Task<Watchword.Server.Administration.Change<ImportView>> Upload)>();
        for (var i = 1; i < UserImports.MostOpen; i++)
        {
            var (theirs, stranger) = await TenantOfAsync();
            var stream = new SlowStream($"phone\n{Attack.Alice}\n");
            others.Add((stream, Imports.UploadAsync(stranger, theirs.AppId, "x.csv", stream, CancellationToken.None)));
            await Task.WhenAny(stream.Asked, others[^1].Upload);
            Assert.False(others[^1].Upload.IsCompleted, "It found no place.");
        }
        // As many as there are places go on; one too many is told at once, and nothing of it is read.
        var (last, latecomer) = await TenantOfAsync();
        using var unread = new MemoryStream(Encoding.UTF8.GetBytes($"phone\n{Attack.Alice}\n"));
        Assert.Equal(["This server is at other imports. Try again in some minutes."], (await Imports.UploadAsync(latecomer, last.AppId, "x.csv", unread, CancellationToken.None)).Faults);
        Assert.Equal(0, unread.Position);
        slow.GoOn();
        Assert.NotNull((await first).Value);
        foreach (var (stream, upload) in others)
        {
            stream.GoOn();
            Assert.NotNull((await upload).Value);
            stream.Dispose();
        }
        await Imports.SettleAsync();
    }

    [Fact]
    public async Task Another_tenant_neither_sees_an_import_nor_touches_it()
    {
        var (app, by) = await TenantOfAsync();
        var (theirs, stranger) = await TenantOfAsync();
        await theirs.Http.PostAsync("/cis/v1/users", new { phone_number = Attack.Alice, email = "a@example.com", username = "alice", external_user_id = "x" }, 201);
        var file = Encoding.UTF8.GetBytes($"phone,email,username,external_user_id\n{Attack.Alice},a@example.com,alice,x\nbad,,,\n");
        var check = await CheckAsync(by, app.AppId, file);
        Assert.Equal(new ImportCounts(2, Created: 1, Refused: 1), check.Counts);
        Assert.Null(await Imports.FindAsync(stranger.TenantId, check.ImportId));
        Assert.Empty(await Imports.ListAsync(stranger.TenantId, 10));
        Assert.Null(await Imports.StartAsync(stranger, check.ImportId));
        Assert.False(await Imports.CancelAsync(stranger, check.ImportId));
        Assert.Empty(await Imports.RefusedAsync(stranger.TenantId, check.ImportId, 10));
        Assert.False(await Imports.WriteReportAsync(stranger.TenantId, check.ImportId, new MemoryStream()));
        Assert.Equal(["There is no such application."], (await Imports.UploadAsync(stranger, app.AppId, "x.csv", new MemoryStream(file), CancellationToken.None)).Faults);
        await ImportAsync(by, check.ImportId);
        Assert.Equal((1, 1), (await UsersAsync(by.TenantId), await UsersAsync(stranger.TenantId)));
    }

    [Fact]
    public async Task What_is_no_file_of_users_is_refused_at_once()
    {
        var (app, by) = await TenantOfAsync();
        foreach (var (content, beginning) in new[] { ("a,b\n1,2\n", "The first line must name"), ("", "The first line must name"), (new string('x', 200_000), "The first line") })
            Assert.StartsWith(beginning, Assert.Single((await Imports.UploadAsync(by, app.AppId, "x.csv", new MemoryStream(Encoding.UTF8.GetBytes(content)), CancellationToken.None)).Faults), StringComparison.Ordinal);
        Assert.Empty(await Imports.ListAsync(by.TenantId, 10));
        // A line that no user can need fails when it comes to it, and nothing before it is written.
        var check = await CheckAsync(by, app.AppId, Encoding.UTF8.GetBytes($"phone\n{Attack.Alice}\n{new string('1', 500_000)}\n"));
        Assert.Equal(ImportState.Failed, check.State);
        Assert.Contains("longer than any may be", check.Fault, StringComparison.Ordinal);
        Assert.Single((await Imports.StartAsync(by, check.ImportId))!.Value.Faults);
    }

    [Fact]
    public async Task A_file_with_too_many_lines_is_refused_before_any_is_written()
    {
        var (app, by) = await TenantOfAsync();
        using var spool = (await Spool.TakeAsync(new MemoryStream(Lines("phone", 201, i => $"+4477009{i:d5}")), 1_000_000, CancellationToken.None))!;
        ImportRun Run(int most) => new(Server.Database, Server.Services.GetRequiredService<MasterKey>(), Server.Clock, spool, by.TenantId, "x", app.AppId, writes: false) { MostLines = most };
        Assert.Equal((ImportState.Failed, "The file has more than 200 lines. Split it."), (await Run(200).RunAsync(CancellationToken.None)) is var end ? (end.State, end.Fault) : default);
        // There is no such import, so the first report of it says that it is to stop.
        Assert.Equal(ImportState.Cancelled, (await Run(201).RunAsync(CancellationToken.None)).State);
    }

    [Fact]
    public async Task An_import_that_is_cut_off_with_its_server_is_seen_as_that_and_can_be_repeated()
    {
        await using var server = await TestServer.StartAsync(Engine);
        var app = await server.ApplicationAsync();
        var by = Author.Console((await server.PeekAsync<string>("SELECT tenant_id FROM applications WHERE app_id = @app", new { app = app.AppId }))!);
        var file = Lines("phone,username", 6_000, i => $"+4477009{i:d5},user{i}");
        var imports = server.Services.GetRequiredService<UserImports>();
        var check = (await imports.UploadAsync(by, app.AppId, "people.csv", new MemoryStream(file), CancellationToken.None)).Value!;
        await Attack.UntilAsync(async () => !(await imports.FindAsync(by.TenantId, check.ImportId))!.IsRunning);
        await imports.StartAsync(by, check.ImportId);
        await Attack.UntilAsync(async () => (await imports.FindAsync(by.TenantId, check.ImportId))!.Counts.Created > 0);
        await server.RestartAsync();

        imports = server.Services.GetRequiredService<UserImports>();
        var cut = (await imports.FindAsync(by.TenantId, check.ImportId))!;
        Assert.Equal(ImportState.Interrupted, cut.State);
        Assert.InRange(cut.Counts.Created, 1, 5_999);
        Assert.Equal(cut.Counts.Created, await server.PeekAsync<long>("SELECT COUNT(*) FROM users"));
        Assert.Single((await imports.StartAsync(by, check.ImportId))!.Value.Faults);

        var again = (await imports.UploadAsync(by, app.AppId, "people.csv", new MemoryStream(file), CancellationToken.None)).Value!;
        await Attack.UntilAsync(async () => !(await imports.FindAsync(by.TenantId, again.ImportId))!.IsRunning);
        again = (await imports.FindAsync(by.TenantId, again.ImportId))!;
        Assert.Equal((ImportState.Checked, new ImportCounts(6_000, 6_000 - cut.Counts.Created, Present: cut.Counts.Created)), (again.State, again.Counts));
    }

    [Fact]
    public async Task From_another_server_one_sees_an_import_and_stops_it_and_cannot_start_it()
    {
        var (app, by) = await TenantOfAsync();
        using var other = new UserImports(Server.Database, Server.Services.GetRequiredService<MasterKey>(), Server.Clock, NullLogger<UserImports>.Instance);
        var check = await CheckAsync(by, app.AppId, Lines("phone", 6_000, i => $"+4477009{i:d5}"));
        Assert.Equal(check.Counts, (await other.FindAsync(by.TenantId, check.ImportId))!.Counts);
        Assert.Contains("does not have the file", Assert.Single((await other.StartAsync(by, check.ImportId))!.Value.Faults), StringComparison.Ordinal);
        await Imports.StartAsync(by, check.ImportId);
        Assert.True(await other.CancelAsync(by, check.ImportId));
        Assert.Equal(ImportState.Cancelled, (await EndAsync(by, check.ImportId)).State);
    }

    [Fact]
    public async Task What_became_of_imports_is_forgotten_with_the_messages()
    {
        var (app, by) = await TenantOfAsync();
        await app.Management.PutAsync("/cis/v1/retention", new { message_days = 1 }, 200);
        var check = await CheckAsync(by, app.AppId, Encoding.UTF8.GetBytes("phone\nbad\n"));
        var forgetting = Server.Services.GetRequiredService<Watchword.Server.Hosting.Forgetting>();
        await forgetting.RunAsync(Server.Clock.GetUtcNow().AddDays(1), CancellationToken.None);
        Assert.NotNull(await Imports.FindAsync(by.TenantId, check.ImportId));
        for (var i = 0; i < 2; i++)
            await forgetting.RunAsync(Server.Clock.GetUtcNow().AddDays(1).AddMilliseconds(1), CancellationToken.None);
        Assert.Null(await Imports.FindAsync(by.TenantId, check.ImportId));
        Assert.Equal(0, await Server.PeekAsync<long>("SELECT COUNT(*) FROM user_import_refusals WHERE import_id = @id", new { id = check.ImportId }));
        // Its place is free.
        Assert.Equal(ImportState.Checked, (await CheckAsync(by, app.AppId, Encoding.UTF8.GetBytes("phone\nbad\n"))).State);
    }

    private static byte[] Lines(string heading, int count, Func<int, string> line) =>
        Encoding.UTF8.GetBytes(heading + "\n" + string.Join('\n', Enumerable.Range(0, count).Select(line)) + "\n");

    private async Task<ImportView> CheckAsync(Author by, string? app, byte[] file)
    {
        var upload = await Imports.UploadAsync(by, app, "C:\\fakepath/people.csv", new MemoryStream(file), CancellationToken.None);
        Assert.Empty(upload.Faults);
        return await EndAsync(by, upload.Value!.ImportId);
    }

    private async Task<ImportView> ImportAsync(Author by, string import)
    {
        Assert.Empty((await Imports.StartAsync(by, import))!.Value.Faults);
        return await EndAsync(by, import);
    }

    private async Task<ImportView> EndAsync(Author by, string import)
    {
        await Attack.UntilAsync(async () => !(await Imports.FindAsync(by.TenantId, import))!.IsRunning);
        return (await Imports.FindAsync(by.TenantId, import))!;
    }

    private Task<long> UsersAsync(string tenant) => Server.Database.ReadAsync(db => new UserStore(db).CountAsync(tenant, app: null));

    private static async Task<List<string>> EntriesAsync(TestApplication app) =>
        [.. (await app.Management.GetAsync("/cis/v1/audit?page_limit=100", 200)).At("result").EnumerateArray().Select(e => e.Str("action")!).Reverse()];

    private async Task<(TestApplication App, Author By)> TenantOfAsync()
    {
        var app = await ApplicationAsync();
        return (app, new Author((await Server.PeekAsync<string>("SELECT tenant_id FROM applications WHERE app_id = @app", new { app = app.AppId }))!, "administrator:ann", null));
    }

    /// <summary>Whose first byte comes when it is told to.</summary>
    private sealed class SlowStream(string content) : MemoryStream(Encoding.UTF8.GetBytes(content))
    {
        private readonly TaskCompletionSource _asked = new();
        private readonly TaskCompletionSource _told = new();

        /// <summary>Somebody wants to read.</summary>
        public Task Asked => _asked.Task;

        public void GoOn() => _told.SetResult();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _asked.TrySetResult();
            await _told.Task;
            return await base.ReadAsync(buffer, cancellationToken);
        }
    }
}
