using System.Text.Json.Nodes;
using Watchword.Client.Users;
using Watchword.Server.Tests.Harness;

namespace Watchword.Client.Tests;

/// <summary>Creating, finding, changing and removing users.</summary>
public sealed class UserTests(SharedServers servers)
{
    [Fact]
    public async Task A_user_is_found_by_everything_they_are_known_by()
    {
        var watchword = (await servers.ApplicationAsync(Engine.Sqlite)).Client();
        var phone = Backend.NewPhone();
        var made = await watchword.Users.CreateAsync(new NewUser
        {
            PhoneNumber = phone,
            Email = "Ada+test@Example.com",
            Username = "ada lovelace & 1%",
            ExternalUserId = "id ? 1",
            ExternalAccountId = "account",
            Name = new PersonName(FirstName: "Ada", LastName: "Lovelace"),
            Birthday = new DateOnly(1815, 12, 10),
            Language = "en",
            SecondaryEmails = ["a@example.com"],
            Address = new JsonObject { ["city"] = "London" },
            CustomData = new JsonObject { ["tier"] = 3 },
            CustomAppData = new JsonObject { ["seen"] = true },
        });
        foreach (var found in new[]
        {
            await watchword.Users.GetAsync(made.UserId),
            await watchword.Users.GetByPhoneNumberAsync($"{phone[..3]} ({phone[3..7]}) {phone[7..]}"),
            await watchword.Users.GetByEmailAsync("Ada+test@Example.com"),
            await watchword.Users.GetByUsernameAsync("ada lovelace & 1%"),
            await watchword.Users.GetByExternalUserIdAsync("id ? 1"),
        })
        {
            Assert.Equal(made.UserId, found!.UserId);
            Assert.Equal((phone, "account", new DateOnly(1815, 12, 10), "Ada"), (found.PhoneNumber!.Value, found.ExternalAccountId, found.Birthday, found.Name!.FirstName));
            Assert.Equal(("London", 3, true), ((string?)found.Address!["city"], (int?)found.CustomData!["tier"], (bool?)found.CustomAppData!["seen"]));
            Assert.Equal((await servers.ServerAsync(Engine.Sqlite)).Clock.GetUtcNow(), found.CreatedAt);
        }
        Assert.Null(await watchword.Users.GetAsync("nobody"));
        Assert.Null(await watchword.Users.GetByPhoneNumberAsync(Backend.NewPhone()));
        Assert.Equal(1, await watchword.Users.CountAsync());
    }

    [Fact]
    public async Task Getting_or_creating_makes_one_user_and_a_clash_is_told_apart()
    {
        var watchword = (await servers.ApplicationAsync(Engine.Sqlite)).Client();
        var phone = Backend.NewPhone();
        var made = await watchword.Users.GetOrCreateAsync(new NewUser { PhoneNumber = phone });
        Assert.Equal(made.UserId, (await watchword.Users.GetOrCreateAsync(new NewUser { PhoneNumber = phone })).UserId);
        await watchword.Users.CreateAsync(new NewUser { Email = "b@example.com", Username = "bob" });

        await ThrowsAsync(ErrorCodes.UserAlreadyExists, new NewUser { PhoneNumber = phone });
        await ThrowsAsync(ErrorCodes.IdentifierConflict, new NewUser { PhoneNumber = phone, Email = "b@example.com" });
        await ThrowsAsync(ErrorCodes.IdentifierTaken, new NewUser { PhoneNumber = Backend.NewPhone(), Username = "bob" });

        async Task ThrowsAsync(string code, NewUser user) =>
            Assert.Equal(code, (await Assert.ThrowsAsync<WatchwordException>(() => watchword.Users.CreateAsync(user))).ErrorCode);
    }

    [Fact]
    public async Task What_is_assigned_changes_null_clears_and_the_rest_stays()
    {
        var watchword = (await servers.ApplicationAsync(Engine.Sqlite)).Client();
        var phone = Backend.NewPhone();
        var made = await watchword.Users.CreateAsync(new NewUser
        {
            PhoneNumber = phone,
            Username = "carol",
            Language = "en",
            Birthday = new DateOnly(1990, 1, 2),
            SecondaryEmails = ["x@example.com", "y@example.com"],
            CustomData = new JsonObject { ["a"] = 1, ["b"] = 2 },
            Name = new PersonName(FirstName: "Carol", LastName: "Jones"),
        });

        var changed = await watchword.Users.UpdateAsync(made.UserId, new UserUpdate
        {
            Language = "fr",
            Username = null,
            Birthday = new DateOnly(1991, 3, 4),
            SecondaryEmails = ["z@example.com"],
            CustomData = new JsonObject { ["c"] = 3 },
            Name = new PersonName(LastName: "Smith"),
        });
        Assert.Equal(("fr", null, new DateOnly(1991, 3, 4), phone), (changed!.Language, changed.Username, changed.Birthday, changed.PhoneNumber!.Value));
        Assert.Equal(["z@example.com"], changed.SecondaryEmails);
        Assert.Equal("""{"c":3}""", changed.CustomData!.ToJsonString());
        Assert.Equal(new PersonName(LastName: "Smith"), changed.Name);
        Assert.Equal("fr", (await watchword.Users.UpdateAsync(made.UserId, new UserUpdate()))!.Language);
        Assert.Empty((await watchword.Users.UpdateAsync(made.UserId, new UserUpdate { SecondaryEmails = null }))!.SecondaryEmails);
        Assert.Null(await watchword.Users.UpdateAsync("nobody", new UserUpdate { Language = "fr" }));

        var update = new UserUpdate { Name = new PersonName("Dr"), Birthday = new DateOnly(2000, 2, 29), SecondaryPhoneNumbers = [phone], Status = UserStatus.Active, Picture = null };
        Assert.Equal((new PersonName("Dr"), new DateOnly(2000, 2, 29), UserStatus.Active), (update.Name, update.Birthday, update.Status));
        Assert.Equal([phone], update.SecondaryPhoneNumbers!);
        Assert.Equal("update of birthday, name, picture, secondary_phone_numbers, status", update.ToString());
    }

    [Fact]
    public async Task Listing_goes_through_all_pages_in_order()
    {
        var app = await servers.ApplicationAsync(Engine.Sqlite);
        var tap = new Tap();
        var watchword = app.Client(tap);
        await Task.WhenAll(Enumerable.Range(0, 1100).Select(i => watchword.Users.CreateAsync(new NewUser { Email = $"user{i:0000}@example.com" })));

        var all = new List<string>();
        await foreach (var user in watchword.Users.ListAsync(new UserQuery { SortField = "email" }))
            all.Add(user.Email!.Value);
        Assert.Equal(Enumerable.Range(0, 1100).Select(i => $"user{i:0000}@example.com"), all);
        Assert.Equal(3, tap.Requests.Count(r => r == "GET /cis/v1/users"));

        var pages = await watchword.Users.GetPageAsync(new UserQuery { SortField = "email", Descending = true }, offset: 1000, limit: 250);
        Assert.Equal((1100, 100, false), (pages.TotalCount, pages.Users.Count, pages.HasMore));
        Assert.Equal("user0099@example.com", pages.Users[0].Email!.Value);
        Assert.Equal(1100, (await watchword.Users.GetPageAsync(limit: 1)).TotalCount);
        Assert.Equal(10, (await watchword.Users.GetPageAsync(new UserQuery { Prefix = "user012" })).TotalCount);
    }

    [Fact]
    public async Task A_value_in_a_filter_stays_a_value()
    {
        var watchword = (await servers.ApplicationAsync(Engine.Sqlite)).Client();
        const string Name = "O\"Hara\\ or status pr";
        await watchword.Users.CreateAsync(new NewUser { PhoneNumber = Backend.NewPhone(), Name = new PersonName(LastName: Name) });
        await watchword.Users.CreateAsync(new NewUser { PhoneNumber = Backend.NewPhone(), Name = new PersonName(LastName: "Other") });

        var since = (await servers.ServerAsync(Engine.Sqlite)).Clock.GetUtcNow().AddDays(-1);
        var found = await watchword.Users.GetPageAsync(new UserQuery { Filter = UserQuery.FilterOf($"name.last_name eq {Name} and created_at gt {since} and phone_number.phone_number_verified eq {false}") });
        Assert.Equal(Name, Assert.Single(found.Users).Name!.LastName);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(".")]
    [InlineData("..")]
    public async Task An_id_that_would_make_another_address_is_refused_before_it_is_sent(string id)
    {
        var tap = new Tap();
        var watchword = Backend.Client("http://127.0.0.1:1", "id", "secret", tap);
        await Assert.ThrowsAsync<ArgumentException>(() => watchword.Users.GetAsync(id));
        await Assert.ThrowsAsync<ArgumentException>(() => watchword.Users.DeleteAsync(id));
        Assert.Empty(tap.Requests);
    }

    [Fact]
    public async Task Leaving_an_application_keeps_the_user_and_deleting_does_not()
    {
        var tenant = await servers.TenantAsync(Engine.Sqlite);
        var (watchword, management) = ((await tenant.ApplicationAsync()).Client(), tenant.Client());
        var user = await watchword.Users.CreateAsync(new NewUser { PhoneNumber = Backend.NewPhone() });

        Assert.True(await watchword.Users.RemoveFromApplicationAsync(user.UserId));
        Assert.False(await watchword.Users.RemoveFromApplicationAsync(user.UserId));
        Assert.Null(await watchword.Users.GetAsync(user.UserId));
        Assert.NotNull(await management.Users.GetAsync(user.UserId));
        Assert.True(await management.Users.DeleteAsync(user.UserId));
        Assert.Null(await management.Users.GetAsync(user.UserId));
        Assert.False(await management.Users.DeleteAsync(user.UserId));
        Assert.False(await management.Users.UnlockAsync(user.UserId));
    }
}
