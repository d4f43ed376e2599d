using Watchword.Core.Users;
using Watchword.Server.Administration;
using Watchword.Server.Storage;
using Watchword.Server.Tokens;

namespace Watchword.Server.Portal;

/// <summary>Whom the operator wants as the first administrator.</summary>
/// <param name="Email">Null: whoever has the set-up code.</param>
/// <param name="Password">With the address: opens the door once.</param>
internal sealed record FirstAdministrator(string? Email, string? Password);

/// <summary>What the operator reads at the machine, and no log keeps.</summary>
internal sealed record OperatorConsole(TextWriter Writer);

/// <summary>As long as there is no administrator, every start of the server says how to become one.</summary>
internal sealed class FirstVisit(Administrators accounts, Database database, Issuer issuer, FirstAdministrator first, OperatorConsole console) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var tenant = await database.ReadAsync(db => new ApplicationStore(db).FirstTenantAsync());
        var email = EmailAddress.TryParse(first.Email, out var parsed) ? parsed.Value : null;
        if (await accounts.SetUpCodeAsync(tenant!, email, email is null ? null : first.Password) is not { } code)
            return;
        // Standard output is the log; but where both streams are collected (Docker, journald), the code is in that too. So it is open for a day
        // only, goes at the next start, and is worth nothing once there is an administrator.
        await console.Writer.WriteLineAsync(email is null
            ? $"""

                There is no administrator yet. To become the first, open {issuer.PublicUrl}{PortalRoom.Path}/join and enter

                  {code}

                It works once, for {Administrators.SetUpLife.TotalHours} hours.

              """
            : $"""

                There is no administrator yet. {email} may become the first, at {issuer.PublicUrl}{PortalRoom.Path}/join, with the password from the configuration.

              """);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
