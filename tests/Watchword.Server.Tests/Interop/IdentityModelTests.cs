using Duende.IdentityModel.Client;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Security;

namespace Watchword.Server.Tests.Interop;

/// <summary>A .NET backend with a client library that is not ours, told the issuer's name alone; it checks what it discovers by itself.</summary>
public sealed class IdentityModelTests
{
    [Theory]
    [InlineData("client_secret_basic")]
    [InlineData("client_secret_post")]
    [InlineData("private_key_jwt")]
    public async Task A_dotnet_client_off_the_shelf_goes_all_the_way(string method)
    {
        await using var server = await Loopback.ServerAsync();
        var app = await server.ApplicationAsync();
        var user = await app.UserAsync();
        var login = await app.LoginAsync();
        var issuer = server.Url + "/cis/oidc";
        var key = new ClientKeyPair();
        if (method == "private_key_jwt")
            await app.ChangeClientAsync(new { token_endpoint_auth_method = method, jwks = new { keys = new[] { key.Jwk() } } });

        using var http = new HttpClient();
        // It refuses a document whose issuer or endpoints are not where it looked.
        var found = await http.GetDiscoveryDocumentAsync(issuer);
        Assert.False(found.IsError, found.Error);
        var own = await http.RequestClientCredentialsTokenAsync(With(new ClientCredentialsTokenRequest { Address = found.TokenEndpoint }));
        Assert.Equal(app.ClientId, Wire.Claims(own.AccessToken).Str("sub"));
        var fresh = await http.RequestRefreshTokenAsync(With(new RefreshTokenRequest { Address = found.TokenEndpoint, RefreshToken = login.Str("refresh_token")! }));
        Assert.Equal(user, Wire.Claims(fresh.IdentityToken).Str("sub"));
        var info = await http.GetUserInfoAsync(new UserInfoRequest { Address = found.UserInfoEndpoint, Token = fresh.AccessToken });
        Assert.Equal("+447400000001", info.Claims.Single(c => c.Type == "phone_number").Value);
        Assert.True(await IsActiveAsync());
        Assert.False((await http.RevokeTokenAsync(With(new TokenRevocationRequest { Address = found.RevocationEndpoint, Token = fresh.RefreshToken! }))).IsError);
        Assert.False(await IsActiveAsync());
        Assert.Equal("invalid_grant", (await http.RequestRefreshTokenAsync(With(new RefreshTokenRequest { Address = found.TokenEndpoint, RefreshToken = fresh.RefreshToken! }))).Error);

        async Task<bool> IsActiveAsync()
        {
            var answer = await http.IntrospectTokenAsync(With(new TokenIntrospectionRequest { Address = found.IntrospectionEndpoint, Token = fresh.AccessToken! }));
            Assert.False(answer.IsError, answer.Error);
            return answer.IsActive;
        }

        T With<T>(T request)
            where T : ProtocolRequest
        {
            request.ClientId = app.ClientId;
            if (method == "private_key_jwt")
            {
                var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
                request.ClientAssertion = new ClientAssertion { Type = AssertionTests.Type, Value = key.Assert(app, new { aud = issuer, iat = now, exp = now + 60 }) };
                request.ClientCredentialStyle = ClientCredentialStyle.PostBody;
                return request;
            }
            request.ClientSecret = app.ClientSecret;
            request.ClientCredentialStyle = method == "client_secret_basic" ? ClientCredentialStyle.AuthorizationHeader : ClientCredentialStyle.PostBody;
            return request;
        }
    }
}
