using System.Text.Json;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Contract;

/// <summary>The same users in an application on each engine, made a second apart.</summary>
public sealed class SearchedUsers : IAsyncLifetime
{
    internal static readonly (string Phone, string? Email, string? Username, string? First, string? Last)[] People =
    [
        ("+447400000001", "ann@example.com", "Ann", "Ann", "Zimmer"),
        ("+447400000002", "bob@example.com", null, "bob", "Yates"),
        ("+447400000003", null, "carol", "Carol", null),
        ("+14155550100", "ann.b@example.org", "ann_b", null, null),
        ("+4915112345678", null, "Émile", "Émile", "Ångström"),
        ("+447400000010", "z@example.com", "%wild_", "O'Brien", "日本"),
        ("+447400000011", null, "zed", "😀 Smiley", "\"Quoted\""),
        ("+447400000012", "percent@example.com", null, "100%", "under_score"),
    ];

    private readonly TestServer[] _servers = new TestServer[2];

    internal TestApplication[] Apps { get; } = new TestApplication[2];

    public async ValueTask InitializeAsync()
    {
        foreach (var engine in Enum.GetValues<Engine>())
        {
            _servers[(int)engine] = await TestServer.StartAsync(engine);
            var app = Apps[(int)engine] = await _servers[(int)engine].ApplicationAsync();
            foreach (var (phone, email, username, first, last) in People)
            {
                await app.Http.PostAsync("/cis/v1/users", new
                {
                    phone_number = phone,
                    email,
                    username,
                    external_user_id = username is null ? null : "x-" + username,
                    external_account_id = first,
                    name = first is null && last is null ? null : new { first_name = first, last_name = last },
                }, 201);
                app.Server.Clock.Advance(TimeSpan.FromSeconds(1));
            }
            await (await app.AuthenticateAsync((await app.SmsAsync()).Split(' ')[6])).JsonAsync(200);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
            await server.DisposeAsync();
    }
}

/// <summary><c>GET /cis/v1/users</c>: pages, orders, filters. The engines must agree.</summary>
public sealed class UserSearchTests(SearchedUsers users) : IClassFixture<SearchedUsers>
{
    private readonly TestApplication[] _apps = users.Apps;

    [Theory]
    [InlineData("phone_number eq \"+447400000001\"", 1)]
    [InlineData("phone_number.value eq \"+447400000001\"", 1)]
    [InlineData("phone_number ne \"+447400000001\"", 7)]
    [InlineData("phone_number sw \"+4474\"", 6)]
    [InlineData("phone_number gt \"+447400000003\"", 4)]
    [InlineData("phone_number ge \"+447400000003\"", 5)]
    [InlineData("phone_number lt \"+447400000003\"", 3)]
    [InlineData("phone_number le \"+447400000003\"", 4)]
    [InlineData("email eq \"ANN@example.com\"", 1)]
    [InlineData("email.value sw \"ann\"", 2)]
    [InlineData("email pr", 5)]
    [InlineData("email eq null", 3)]
    [InlineData("email ne null", 5)]
    [InlineData("email ne \"ann@example.com\"", 7)]
    [InlineData("not (email sw \"ann\")", 6)]
    [InlineData("not (email pr)", 3)]
    [InlineData("not (email gt \"b\")", 5)]
    [InlineData("username eq \"ANN\"", 1)]
    [InlineData("username eq \"ÉMILE\"", 1)]
    [InlineData("username sw \"ann\"", 2)]
    [InlineData("username sw \"%\"", 1)]
    [InlineData("username sw \"\"", 6)]
    [InlineData("username pr", 6)]
    [InlineData("username gt \"b\"", 3)]
    [InlineData("external_user_id eq \"x-Ann\"", 1)]
    [InlineData("external_user_id eq \"x-ann\"", 0)]
    [InlineData("external_user_id sw \"x-\"", 6)]
    [InlineData("external_account_id eq \"O'Brien\"", 1)]
    [InlineData("name.first_name eq \"Ann\"", 1)]
    [InlineData("name.first_name eq \"ann\"", 0)]
    [InlineData("name.first_name eq \"100%\"", 1)]
    [InlineData("name.first_name sw \"É\"", 1)]
    [InlineData("name.first_name sw \"\\ud83d\\ude00\"", 1)]
    [InlineData("name.first_name gt \"Z\"", 3)]
    [InlineData("name.last_name eq \"\\\"Quoted\\\"\"", 1)]
    [InlineData("name.last_name eq \"日本\"", 1)]
    [InlineData("name.last_name pr", 6)]
    [InlineData("name.last_name lt \"a\"", 3)]
    [InlineData("status eq \"Active\"", 1)]
    [InlineData("status eq \"Pending\"", 7)]
    [InlineData("status ne \"Pending\"", 1)]
    [InlineData("phone_number.phone_number_verified eq true", 1)]
    [InlineData("phone_number.phone_number_verified eq false", 7)]
    [InlineData("phone_number.phone_number_verified ne true", 7)]
    [InlineData("email.email_verified eq true", 0)]
    [InlineData("email.email_verified pr", 8)]
    [InlineData("created_at gt 0", 8)]
    [InlineData("created_at lt 0", 0)]
    [InlineData("created_at ge \"2026-11-23T12:00:03Z\"", 5)]
    [InlineData("created_at le \"2026-11-23T13:00:03+01:00\"", 4)]
    [InlineData("updated_at eq 1795435201000", 1)]
    [InlineData("updated_at ne 1795435201000", 7)]
    [InlineData("created_at pr and status eq \"Active\"", 1)]
    [InlineData("email sw \"ann\" and username eq \"ann_b\"", 1)]
    [InlineData("email sw \"z\" or username eq \"carol\"", 2)]
    [InlineData("email sw \"z\" or username eq \"carol\" and status eq \"Active\"", 1)]
    [InlineData("(email sw \"z\" or username eq \"carol\") and status eq \"Pending\"", 2)]
    [InlineData("EMAIL SW \"ann\" AND NOT (USERNAME EQ \"ann_b\")", 1)]
    public async Task Both_engines_find_the_same_users_by_a_filter(string filter, int count)
    {
        var found = new List<string[]>();
        foreach (var app in _apps)
        {
            foreach (var http in new[] { app.Http, app.Management })
            {
                var page = await http.GetAsync($"/cis/v1/users?search={Uri.EscapeDataString(filter)}", 200);
                Assert.Equal(count, page.At("total_count").GetInt32());
                found.Add(Phones(page));
            }
        }
        Assert.All(found, f => Assert.Equal(found[0], f));
        Assert.Equal(count, found[0].Length);
    }

    [Theory]
    [InlineData("created_at")]
    [InlineData("updated_at")]
    [InlineData("user_id")]
    [InlineData("status")]
    [InlineData("email")]
    [InlineData("phone_number")]
    [InlineData("username")]
    [InlineData("name.first_name")]
    [InlineData("name.last_name")]
    public async Task Both_engines_agree_on_every_order(string field)
    {
        foreach (var order in new[] { "asc", "desc" })
        {
            var found = new List<string[]>();
            foreach (var app in _apps)
            {
                found.Add(Phones(await app.Http.GetAsync($"/cis/v1/users?sort_field={field}&sort_order={order}", 200)));
                found.Add(Phones(await app.Management.GetAsync($"/cis/v1/users?sort_field={field}&sort_order={order}", 200)));
            }
            Assert.All(found, f => Assert.Equal(found[0], f));
            Assert.Equal(SearchedUsers.People.Length, found[0].Distinct().Count());
        }
    }

    [Fact]
    public async Task Users_without_the_sorted_field_come_last_either_way()
    {
        foreach (var app in _apps)
        {
            Assert.Equal(["+447400000003", "+4915112345678", "+447400000011"], Phones(await app.Http.GetAsync("/cis/v1/users?sort_field=email", 200))[^3..]);
            Assert.Equal(["+447400000011", "+4915112345678", "+447400000003"], Phones(await app.Http.GetAsync("/cis/v1/users?sort_field=email&sort_order=desc", 200))[^3..]);
        }
    }

    [Theory]
    [InlineData("ann", 2)]
    [InlineData("ANN@", 1)]
    [InlineData("+4474", 6)]
    [InlineData("carol", 1)]
    [InlineData("Zim", 1)]
    [InlineData("zim", 0)]
    [InlineData("%", 1)]
    [InlineData("_", 0)]
    [InlineData("O'", 1)]
    [InlineData("日", 1)]
    [InlineData("", 8)]
    public async Task A_prefix_finds_users_by_what_they_are_called(string prefix, int count)
    {
        var found = new List<string[]>();
        foreach (var app in _apps)
        {
            foreach (var http in new[] { app.Http, app.Management })
                found.Add(Phones(await http.GetAsync($"/cis/v1/users?search_prefix={Uri.EscapeDataString(prefix)}", 200)));
        }
        Assert.All(found, f => Assert.Equal(found[0], f));
        Assert.Equal(count, found[0].Length);
    }

    [Fact]
    public async Task A_prefix_and_a_filter_narrow_each_other()
    {
        foreach (var app in _apps)
            Assert.Equal(["+14155550100"], Phones(await app.Http.GetAsync("/cis/v1/users?search_prefix=ann&search=" + Uri.EscapeDataString("username eq \"ann_b\""), 200)));
    }

    [Theory]
    [InlineData(0, 3, 3, true, false)]
    [InlineData(3, 3, 3, true, true)]
    [InlineData(6, 3, 2, false, true)]
    [InlineData(5, 3, 3, false, true)]
    [InlineData(8, 3, 0, false, true)]
    [InlineData(0, 1, 1, true, false)]
    [InlineData(0, 8, 8, false, false)]
    [InlineData(0, 5000, 8, false, false)]
    [InlineData(2147483647, 5000, 0, false, true)]
    public async Task A_page_says_where_it_stands(int offset, int limit, int count, bool next, bool previous)
    {
        foreach (var app in _apps)
        {
            var page = await app.Http.GetAsync($"/cis/v1/users?page_offset={offset}&page_limit={limit}", 200);
            Assert.Equal(["page_info", "result", "total_count"], page.Names());
            Assert.Equal((8, count), (page.At("total_count").GetInt32(), page.At("result").GetArrayLength()));
            Assert.Equal((next, previous), (page.At("page_info", "has_next_page").GetBoolean(), page.At("page_info", "has_previous_page").GetBoolean()));
        }
    }

    [Fact]
    public async Task Pages_in_a_row_show_every_user_once_in_the_order_of_creation()
    {
        foreach (var app in _apps)
        {
            var seen = new List<string>();
            for (var offset = 0; offset < 9; offset += 2)
                seen.AddRange(Phones(await app.Http.GetAsync($"/cis/v1/users?page_offset={offset}&page_limit=2", 200)));
            Assert.Equal(SearchedUsers.People.Select(p => p.Phone), seen);
        }
    }

    [Fact]
    public async Task The_count_is_the_applications_or_the_tenants()
    {
        foreach (var app in _apps)
        {
            var other = await app.Server.ApplicationAsync(management: app.Management);
            var ninth = await other.UserAsync("+447400000099");
            Assert.Equal("""{"result":{"user_count":8}}""", (await app.Http.GetAsync("/cis/v1/users/count", 200)).GetRawText());
            Assert.Equal("""{"result":{"user_count":9}}""", (await app.Management.GetAsync("/cis/v1/users/count", 200)).GetRawText());
            // The other tests share these users and run in any order.
            Assert.Equal(System.Net.HttpStatusCode.NoContent, (await app.Management.DeleteAsync(new Uri($"/cis/v1/manage/users/{ninth}", UriKind.Relative))).StatusCode);
        }
    }

    [Theory]
    [InlineData("page_limit=0", "page_limit must be 1 to 5000.")]
    [InlineData("page_limit=5001", "page_limit must be 1 to 5000.")]
    [InlineData("page_offset=-1", "page_offset must be 0 or more.")]
    [InlineData("sort_order=up", "sort_order must be asc or desc.")]
    public async Task A_page_out_of_range_is_refused_in_a_list_of_messages(string query, string message)
    {
        var fault = await _apps[0].Http.GetAsync("/cis/v1/users?" + query, 400);
        Assert.Equal([message], fault.At("message").Strings());
        Assert.Equal(400, fault.At("error_code").GetInt32());
    }

    private static string[] Phones(JsonElement page) => [.. page.At("result").EnumerateArray().Select(u => u.Str("phone_number", "value")!)];
}
