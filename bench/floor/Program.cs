// The floor: what a login by code costs before any rule is applied. Two JSON requests, one durable row each, two ES256
// signatures on the second. No clients, users, limits, lockout or sessions, and any passcode is right: whatever
// Watchword does on top of this shows as its distance from the floor.
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Watchword.Floor;

var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.ClearProviders();
builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower);

var database = builder.Configuration["database"] ?? throw new InvalidOperationException("Say --database FILE.");
using var rows = new DurableRows(database);
var tokens = new TokenSigner(TimeProvider.System);
var codeKey = RandomNumberGenerator.GetBytes(32);

var app = builder.Build();

app.MapGet("/health/ready", () => Results.Ok());

app.MapPost("/cis/v1/auth/otp/send", async (SendRequest request) =>
{
    var code = RandomNumberGenerator.GetString("0123456789", 6);
    var digest = HMACSHA256.HashData(codeKey, Encoding.ASCII.GetBytes(code));
    await rows.UpsertAsync(request.Identifier, Convert.ToHexString(digest));
    return Results.Json(new SendAnswer("OTP sent", code));
});

app.MapPost("/cis/v1/auth/otp/authenticate", async (AuthenticateRequest request) =>
{
    await rows.UpsertAsync(request.Identifier, "used");
    return Results.Json(new AuthenticateAnswer(
        AccessToken: tokens.Sign(request.Identifier),
        IdToken: tokens.Sign(request.Identifier),
        RefreshToken: Convert.ToHexString(RandomNumberGenerator.GetBytes(32)),
        TokenType: "Bearer",
        ExpiresIn: 3600,
        SessionId: Convert.ToHexString(RandomNumberGenerator.GetBytes(16))));
});

app.Run();

internal sealed record SendRequest(string Channel, string IdentifierType, string Identifier);

internal sealed record SendAnswer(string Message, string Code);

internal sealed record AuthenticateRequest(string Passcode, string IdentifierType, string Identifier);

internal sealed record AuthenticateAnswer(
    string AccessToken, string IdToken, string RefreshToken, string TokenType, int ExpiresIn, string SessionId);
