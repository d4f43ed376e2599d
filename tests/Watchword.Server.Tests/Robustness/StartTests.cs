using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Watchword.Server.Hosting;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Robustness;

/// <summary>The real process: how it starts, and how it says that it cannot.</summary>
public sealed partial class StartTests
{
    [Fact]
    public async Task All_faults_of_a_configuration_are_told_at_once_and_nothing_is_made()
    {
        using var site = new Site();
        site.Settings["Watchword__PublicUrl"] = "http://login.example.com";
        site.Settings["Watchword__MasterKey"] = "c2hvcnQ=";
        site.Settings["Watchword__Storage__Engine"] = "oracle";
        site.Settings["Watchword__Bootstrap__ManagementClientId"] = "not allowed!";
        site.Settings["Watchword__Bootstrap__ManagementClientSecret"] = "short";
        site.Settings["Watchword__Telemetry__OtlpEndpoint"] = "nonsense";
        var (code, output, errors) = await site.RunAsync();
        Assert.Equal(78, code);
        Assert.Equal("", output);
        Assert.StartsWith("Watchword cannot start. Mend these settings:\n", errors, StringComparison.Ordinal);
        foreach (var setting in new[] { "PublicUrl", "MasterKey", "Storage__Engine", "Bootstrap__ManagementClientId", "Bootstrap__ManagementClientSecret", "Telemetry__OtlpEndpoint" })
            Assert.Single(errors.Split('\n'), line => line.StartsWith("  - Watchword__" + setting, StringComparison.Ordinal));
        Assert.Equal(6, errors.Split('\n').Count(line => line.StartsWith("  - ", StringComparison.Ordinal)));
        SaysNoStackTrace(errors);
        Assert.Empty(Directory.EnumerateFileSystemEntries(site.Folder));
    }

    [Fact]
    public async Task Without_any_settings_production_says_what_it_needs()
    {
        using var site = new Site();
        foreach (var name in site.Settings.Keys.Where(k => k.StartsWith("Watchword__", StringComparison.Ordinal)).ToList())
            site.Settings.Remove(name);
        var (code, _, errors) = await site.RunAsync();
        Assert.Equal(78, code);
        Assert.Contains("Watchword__PublicUrl must be the address", errors, StringComparison.Ordinal);
        Assert.Contains("openssl rand -base64 32", errors, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(site.Folder));
    }

    [Theory]
    [InlineData("PublicUrl", "", "PublicUrl")]
    [InlineData("PublicUrl", "ftp://a.example", "PublicUrl")]
    [InlineData("PublicUrl", "https://a.example/?x=1", "PublicUrl")]
    [InlineData("PublicUrl", "https://user@a.example", "PublicUrl")]
    [InlineData("MasterKey", "!", "MasterKey")]
    [InlineData("MasterKey", "AAAA", "MasterKey")]
    [InlineData("MasterKeyFile", "/nowhere", "MasterKey")]
    [InlineData("Storage:Engine", "7", "Storage__Engine")]
    [InlineData("Storage:Engine", "mysql", "Storage__Engine")]
    [InlineData("Storage:ConnectionString", "Nonsense=1", "Storage__ConnectionString")]
    [InlineData("Storage:ConnectionString", "Data Source=", "Storage__ConnectionString")]
    [InlineData("Bootstrap:ManagementClientSecret", "", "Bootstrap")]
    [InlineData("Bootstrap:ManagementClientSecret", "fifteen letters", "Bootstrap__ManagementClientSecret")]
    [InlineData("Bootstrap:ManagementClientId", "", "Bootstrap")]
    [InlineData("Bootstrap:ManagementClientId", "a b", "Bootstrap__ManagementClientId")]
    [InlineData("Telemetry:OtlpEndpoint", "x", "Telemetry__OtlpEndpoint")]
    [InlineData("Delivery:AllowedNetworks", "10.0.0.0/8,everything", "Delivery__AllowedNetworks")]
    public async Task One_wrong_setting_is_one_fault_that_names_it(string setting, string value, string named)
    {
        var fault = Assert.Single((await Assert.ThrowsAsync<ConfigurationException>(() => TestServer.StartAsync(Engine.Sqlite, null, ("Watchword:" + setting, value)))).Faults);
        Assert.StartsWith("Watchword__" + named, fault, StringComparison.Ordinal);
        Assert.DoesNotContain("fifteen letters", fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Production_serves_and_keeps_what_it_knows_over_a_restart()
    {
        using var site = new Site();
        string app, session;
        await using (var first = await site.StartAsync())
        {
            foreach (var path in new[] { "/", "/inbox", "/inbox/messages", "/development/demo", "/development/style.css" })
                await first.Http.GetAsync(path, 404);
            var management = await first.ClientAsync(TestServer.ManagementClientId, TestServer.ManagementClientSecret);
            var made = (await management.PostAsync("/cis/v1/applications", new { app_name = "A", redirect_uris = new[] { "https://a.example/" } }, 201)).At("result");
            app = made.Str("app_id")!;
            await management.PutAsync($"/cis/loginPreferences/{app}/authMethods", new { direct_otp = new { } }, 200);
            var http = await first.ClientAsync(made.Str("client_id")!, made.Str("client_secret")!);
            await http.PostAsync("/cis/v1/users", new { phone_number = "+447400000001" }, 201);
            var code = (await http.PostAsync("/cis/v1/auth/otp/send", new { channel = "direct", identifier_type = "phone_number", identifier = "+447400000001" }, 200)).Str("code");
            session = (await http.PostAsync("/cis/v1/auth/otp/authenticate", new { passcode = code, identifier_type = "phone_number", identifier = "+447400000001" }, 200)).Str("access_token")!;
            // One JSON object a line.
            Assert.All(first.Logged.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => System.Text.Json.JsonElement.Parse(line));
        }
        await using var second = await site.StartAsync();
        await (await second.ClientAsync(TestServer.ManagementClientId, TestServer.ManagementClientSecret)).GetAsync($"/cis/v1/applications/{app}", 200);
        using var me = new HttpRequestMessage(HttpMethod.Get, "/cis/oidc/me") { Headers = { Authorization = new("Bearer", session) } };
        await (await second.Http.SendAsync(me)).JsonAsync(200);
    }

    [Fact]
    public async Task The_first_start_prints_a_set_up_code_beside_the_log_and_the_command_line_lets_people_in()
    {
        using var site = new Site();
        await using var server = await site.StartAsync();
        var code = SetUpCode().Match(server.Said).Groups[1].Value;
        Assert.Equal(19, code.Length);
        Assert.DoesNotContain(code, server.Logged, StringComparison.Ordinal);
        foreach (var (words, exit, says) in new (string[], int, string)[]
        {
            (["administrators", "invite", "ada@example.com"], 0, "ada@example.com becomes Owner there"),
            (["administrators", "invite", "grace@example.com", "--role", "support", "--tenant", "default"], 0, "grace@example.com becomes Support there"),
            (["administrators", "invite", "ada@example.com", "--tenant", "nobody"], 65, "There is no tenant named 'nobody'"),
            (["administrators", "invite", "no address"], 65, "Write an email address"),
            (["administrators", "invite", "ada@example.com", "--role", "king"], 64, "watchword administrators invite"),
            (["administrators", "invite"], 64, "watchword administrators invite"),
        })
        {
            var (status, output, errors) = await site.RunAsync(words);
            Assert.True(status == exit, $"{string.Join(' ', words)}: {status} {output} {errors}");
            Assert.Contains(says, output + errors, StringComparison.Ordinal);
            Assert.Equal(exit == 0, InvitationLink().IsMatch(output));
        }
    }

    [Fact]
    public async Task Development_needs_no_settings_and_its_demo_credentials_log_someone_in()
    {
        using var site = new Site(development: true);
        System.Text.Json.JsonElement demo;
        await using (var first = await site.StartAsync())
        {
            foreach (var path in new[] { "/", "/inbox" })
                Assert.Equal("text/html", (await first.Http.GetAsync(path)).EnsureSuccessStatusCode().Content.Headers.ContentType!.MediaType);
            demo = await first.Http.GetAsync("/development/demo", 200);
            var http = await first.ClientAsync(demo.Str("client_id")!, demo.Str("client_secret")!);
            await http.PostAsync("/cis/v1/users", new { phone_number = "+447400000001" }, 201);
            await http.PostAsync("/cis/v1/auth/otp/send", new { channel = "sms", identifier_type = "phone_number", identifier = "+447400000001" }, 200);
            var text = await InboxAsync(first.Http, "+447400000001");
            await http.PostAsync("/cis/v1/auth/otp/authenticate", new { passcode = Wire.Code(text), identifier_type = "phone_number", identifier = "+447400000001" }, 200);
            if (!OperatingSystem.IsWindows())
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(site.Folder, "data", "development-master.key")));
        }
        await using var second = await site.StartAsync();
        Assert.Equal(demo.GetRawText(), (await second.Http.GetAsync("/development/demo", 200)).GetRawText());
    }

    [Fact]
    public async Task A_tenant_made_on_the_command_line_gets_a_management_client_that_works()
    {
        using var site = new Site();
        var (code, output, errors) = await site.RunAsync("tenants", "create", "Second Tenant");
        Assert.True(code == 0, errors);
        var printed = Line().Matches(output).ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value);
        Assert.Equal(["client_id", "client_secret", "tenant_id"], printed.Keys.Order());

        var (again, _, refused) = await site.RunAsync("tenants", "create", "Second Tenant");
        Assert.Equal(65, again);
        Assert.Equal("There is a tenant named 'Second Tenant' already.\n", refused);
        Assert.Equal(65, (await site.RunAsync("tenants", "create", "")).Code);

        await using var server = await site.StartAsync();
        var management = await server.ClientAsync(printed["client_id"], printed["client_secret"]);
        Assert.Equal(0, (await management.GetAsync("/cis/v1/applications", 200)).At("result").GetArrayLength());
        Assert.Equal(printed["tenant_id"], Wire.Claims(management.DefaultRequestHeaders.Authorization!.Parameter).Str("tid"));
        Assert.DoesNotContain(printed["client_secret"], server.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_audit_log_is_checked_from_the_command_line_beside_a_server_at_work()
    {
        using var site = new Site();
        await using var server = await site.StartAsync();
        var management = await server.ClientAsync(TestServer.ManagementClientId, TestServer.ManagementClientSecret);
        await management.PostAsync("/cis/v1/applications", new { app_name = "A", redirect_uris = new[] { "https://a.example/" } }, 201);
        await management.GetAsync("/cis/v1/audit", 200);
        var (code, output, errors) = await site.RunAsync("audit", "verify", "--tenant", "default");
        Assert.True(code == 0, errors + output);
        var head = Head().Match(output).Groups[1].Value;
        Assert.EndsWith(": intact\n", output, StringComparison.Ordinal);
        Assert.Equal(0, (await site.RunAsync("audit", "verify", "--head", head)).Code);

        // A write of the server's, while somebody cuts the log behind its back.
        await using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={site.DatabaseFile}"))
        {
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            var command = connection.CreateCommand();
            command.CommandText = "DELETE FROM audit WHERE sequence = 2";
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
        (code, output, _) = await site.RunAsync("audit", "verify");
        Assert.Equal(1, code);
        Assert.Contains("NOT INTACT\n  - missing_entry at 2: Entry 2 is missing.", output, StringComparison.Ordinal);
        Assert.Equal((1, true), ((await site.RunAsync("audit", "verify", "--head", "99" + head)) is var (cut, said, _) ? cut : 0, said.Contains("noted_head_gone", StringComparison.Ordinal)));
        Assert.Equal(65, (await site.RunAsync("audit", "verify", "--tenant", "nobody")).Code);
        Assert.Equal(64, (await site.RunAsync("audit", "verify", "--head", "nonsense")).Code);
        Assert.Equal(64, (await site.RunAsync("audit", "verify", "--tenant")).Code);
        Assert.Equal(64, (await site.RunAsync("audit")).Code);
    }

    [Fact]
    public async Task Unknown_words_are_answered_by_the_help()
    {
        using var site = new Site();
        var (code, _, errors) = await site.RunAsync("tenants");
        Assert.Equal(64, code);
        Assert.Contains("watchword tenants create NAME", errors, StringComparison.Ordinal);
        var (help, output, _) = await site.RunAsync("help");
        Assert.Equal(0, help);
        Assert.Contains("watchword tenants create NAME", output, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(site.Folder));
    }

    [Fact]
    public async Task Another_master_key_is_refused_in_a_sentence_and_changes_nothing()
    {
        using var site = new Site();
        await (await site.StartAsync()).DisposeAsync();
        var right = site.Settings["Watchword__MasterKey"];
        site.Settings["Watchword__MasterKey"] = Site.NewKey();
        var (code, _, errors) = await site.RunAsync("--urls", site.Url);
        Assert.Equal(78, code);
        Assert.Contains("Watchword__MasterKey is not the key that this database was made with", errors, StringComparison.Ordinal);
        SaysNoStackTrace(errors);
        Assert.Equal(78, (await site.RunAsync("tenants", "create", "x")).Code);

        site.Settings["Watchword__MasterKey"] = right;
        await using var server = await site.StartAsync();
        await server.ClientAsync(TestServer.ManagementClientId, TestServer.ManagementClientSecret);
    }

    [Fact]
    public async Task Another_bootstrap_secret_is_refused_rather_than_ignored()
    {
        using var site = new Site();
        await (await site.StartAsync()).DisposeAsync();
        site.Settings["Watchword__Bootstrap__ManagementClientSecret"] = "another-secret-0123456789";
        var (code, _, errors) = await site.RunAsync("--urls", site.Url);
        Assert.Equal(78, code);
        Assert.Contains("Watchword__Bootstrap__ManagementClientSecret", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("another-secret", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("postgres", "Host=127.0.0.1;Port=1;Username=u;Password=hidden-word;Database=d;Timeout=2")]
    [InlineData("sqlite", "Data Source=/proc/nothing/watchword.db")]
    public async Task A_database_that_is_not_there_is_told_without_a_stack_trace_or_password(string engine, string connection)
    {
        using var site = new Site();
        site.Settings["Watchword__Storage__Engine"] = engine;
        site.Settings["Watchword__Storage__ConnectionString"] = connection;
        var (code, output, errors) = await site.RunAsync("--urls", site.Url);
        Assert.True(code == 69, $"{code} {output} {errors}");
        Assert.StartsWith("Watchword cannot start. ", errors, StringComparison.Ordinal);
        SaysNoStackTrace(errors);
        Assert.DoesNotContain("hidden-word", errors + output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_is_taken_is_told_without_a_stack_trace()
    {
        using var site = new Site();
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, new Uri(site.Url).Port);
        taken.Start();
        var (code, _, errors) = await site.RunAsync("--urls", site.Url);
        Assert.Equal(69, code);
        Assert.Contains("address already in use", errors, StringComparison.OrdinalIgnoreCase);
        SaysNoStackTrace(errors);
    }

    /// <summary>The first message for this number; the inbox is asked again as long as there is none, each time a request's length.</summary>
    private static async Task<string> InboxAsync(HttpClient http, string to)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            var messages = (await http.GetFromJsonAsync<System.Text.Json.JsonElement>($"/inbox/messages?to={Uri.EscapeDataString(to)}", patience.Token)).At("messages");
            if (messages.GetArrayLength() > 0)
                return messages[0].Str("text")!;
        }
    }

    private static void SaysNoStackTrace(string text)
    {
        Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", text, StringComparison.Ordinal);
    }

    [GeneratedRegex("^ +([A-Z2-7]{4}(?:-[A-Z2-7]{4}){3})\\s*$", RegexOptions.Multiline)]
    private static partial Regex SetUpCode();

    [GeneratedRegex("^http://.*/admin/join#[A-Z2-7]{4}(-[A-Z2-7]{4}){3}\\s*$", RegexOptions.Multiline)]
    private static partial Regex InvitationLink();

    [GeneratedRegex("head ([0-9]+:[0-9a-f]{64})")]
    private static partial Regex Head();

    [GeneratedRegex(@"^(tenant_id|client_id|client_secret)\s+(\S+)$", RegexOptions.Multiline)]
    private static partial Regex Line();
}
