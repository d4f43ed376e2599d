using Watchword.Server.Api;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tests.Robustness;

namespace Watchword.Server.Tests.Contract;

/// <summary>What no endpoint answers, and what watches the process.</summary>
public sealed class ShapeTests(SharedServers servers)
{
    [Theory]
    [InlineData("/nothing", false)]
    [InlineData("/cis/nothing", false)]
    [InlineData("/cis/v1/users/x/y/z", false)]
    [InlineData("/cis/v1/auth/nothing", true)]
    [InlineData("/cis/v1/auth/otp/sendx", true)]
    [InlineData("/", false)]
    [InlineData("/inbox", false)]
    [InlineData("/inbox/messages", false)]
    [InlineData("/development/demo", false)]
    public async Task Nothing_is_at_an_unknown_address_and_the_answer_has_the_shape_of_its_neighbours(string path, bool login)
    {
        var server = await servers.ServerAsync(Engine.Sqlite);
        var answer = await server.Http.GetAsync(path);
        await Surface.RefusedAsync(answer, login ? ErrorShape.Login : ErrorShape.Resource, path);
        Assert.Equal(404, (int)answer.StatusCode);
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
    }

    [Theory]
    [InlineData("GET", "/cis/v1/auth/otp/send", "Login", "POST")]
    [InlineData("DELETE", "/cis/v1/auth/otp/authenticate", "Login", "POST")]
    [InlineData("PUT", "/cis/v1/auth/token/refresh", "Login", "POST")]
    [InlineData("POST", "/cis/v1/auth/users/x/sessions", "Resource", "GET, DELETE")]
    [InlineData("DELETE", "/cis/v1/users", "Resource", "GET, POST")]
    [InlineData("PATCH", "/cis/v1/applications", "Resource", "GET, POST")]
    [InlineData("GET", "/oidc/token", "OAuth", "POST")]
    [InlineData("GET", "/cis/oidc/token/revocation", "OAuth", "POST")]
    [InlineData("POST", "/cis/oidc/jwks", "OAuth", "GET")]
    public async Task A_wrong_method_is_told_which_are_right(string method, string path, string shape, string allowed)
    {
        var server = await servers.ServerAsync(Engine.Sqlite);
        var answer = await Raw.SendAsync(server.Http, new HttpMethod(method), path);
        await Surface.RefusedAsync(answer, Enum.Parse<ErrorShape>(shape), path);
        Assert.Equal(405, (int)answer.StatusCode);
        Assert.Equal(allowed.Split(", ").Order(), answer.Content.Headers.Allow.Order());
    }

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task Health_is_told_to_anyone(Engine engine)
    {
        var server = await servers.ServerAsync(engine);
        Assert.Equal("""{"status":"ok"}""", (await server.Http.GetAsync("/health/live", 200)).GetRawText());
        Assert.Equal("""{"status":"ok"}""", (await server.Http.GetAsync("/health/ready", 200)).GetRawText());
    }

    [Fact]
    public async Task Without_its_database_the_server_is_alive_but_not_ready_and_says_no_more()
    {
        await using var server = await TestServer.StartAsync(Engine.Postgres, settings: ("Watchword:Storage:ConnectionString", await BreakableAsync()));
        await server.Http.GetAsync("/health/ready", 200);
        await Postgres.DropDatabaseAsync(_database);
        Assert.Equal("""{"status":"the database does not answer"}""", (await server.Http.GetAsync("/health/ready", 503)).GetRawText());
        await server.Http.GetAsync("/health/live", 200);
        var failed = await server.Http.FormAsync("/oidc/token", ("someone", "secret"), ("grant_type", "client_credentials"));
        Assert.Equal("""{"error":"internal_error","error_description":"Something went wrong here. It has been logged; try again."}""", (await failed.JsonAsync(500)).GetRawText());
    }

    private string _database = "";

    private async Task<string> BreakableAsync() => Postgres.ConnectionStringOf(_database = await Postgres.CreateDatabaseAsync());
}
