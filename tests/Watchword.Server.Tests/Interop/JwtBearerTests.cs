using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Interop;

/// <summary>An API on ASP.NET that trusts us by naming us as its authority, and nothing more.</summary>
public sealed class JwtBearerTests
{
    [Theory]
    [InlineData("ES256")]
    [InlineData("RS256")]
    public async Task An_ASPNET_API_takes_our_access_token_and_no_other(string algorithm)
    {
        await using var server = await Loopback.ServerAsync();
        await using var stranger = await Loopback.ServerAsync();
        var app = await server.ApplicationAsync(settings: new { signing_algorithm = algorithm });
        var user = await app.UserAsync();
        var login = await LoginAsync(app);
        var foreign = await stranger.ApplicationAsync(settings: new { signing_algorithm = algorithm });
        await foreign.UserAsync();
        await using var api = await ApiAsync(server.Url + "/cis/oidc");
        using var http = new HttpClient { BaseAddress = new Uri(api.Urls.First()) };

        Assert.Equal((HttpStatusCode.OK, user), await WhoAsync(login.Str("access_token")));
        var parts = login.Str("access_token")!.Split('.');
        foreach (var wrong in new[]
        {
            null,
            "nonsense",
            $"{parts[0]}.{parts[1]}.",
            $"{parts[0]}.{parts[1]}.{(parts[2][0] == 'A' ? 'B' : 'A')}{parts[2][1..]}",
            $"{parts[0]}.{(await LoginAsync(app)).Str("access_token")!.Split('.')[1]}.{parts[2]}",
            login.Str("id_token"),
            login.Str("refresh_token"),
            (await LoginAsync(foreign)).Str("access_token"),
            // For another API, by its audience.
            Wire.Claims(app.Http.DefaultRequestHeaders.Authorization!.Parameter).Str("aud") == "userid-api" ? app.Http.DefaultRequestHeaders.Authorization!.Parameter : null,
        })
            Assert.Equal(HttpStatusCode.Unauthorized, (await WhoAsync(wrong)).Item1);

        async Task<(HttpStatusCode, string)> WhoAsync(string? token)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/who");
            if (token is not null)
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            var answer = await http.SendAsync(request);
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
        }
    }

    private static async Task<System.Text.Json.JsonElement> LoginAsync(TestApplication app) =>
        await app.Http.PostAsync("/cis/v1/auth/otp/authenticate", new { passcode = await app.CodeAsync(), identifier_type = "phone_number", identifier = "+447400000001", resource = "https://api.example" }, 200);

    private static async Task<WebApplication> ApiAsync(string authority)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddAuthorization();
        builder.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer(options =>
        {
            options.Authority = authority;
            options.Audience = "https://api.example";
            options.RequireHttpsMetadata = false;
            options.MapInboundClaims = false;
            options.TokenValidationParameters.ValidTypes = ["at+jwt"];
        });
        var api = builder.Build();
        api.MapGet("/who", (HttpContext http) => http.User.FindFirst("sub")!.Value).RequireAuthorization();
        await api.StartAsync();
        return api;
    }
}
