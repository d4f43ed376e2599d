using Watchword.Core.Administrators;
using Watchword.Core.Audit;
using Watchword.Server.Administration;
using Watchword.Server.Portal;
using Watchword.Server.Storage;
using Watchword.Server.Tokens;

namespace Watchword.Server.Hosting;

/// <summary><c>watchword administrators invite</c>: lets somebody in to the portal, for the first time or again, when nobody there can.</summary>
internal static class AdministratorsCommand
{
    /// <summary>0 when done, 65 when there is no such tenant or address; null when the words make no sense.</summary>
    public static async Task<int?> InviteAsync(string email, string[] options)
    {
        var settings = options.ToList();
        if (!CommandLine.Take(settings, "--tenant", out var name) || !CommandLine.Take(settings, "--role", out var word))
            return null;
        var role = AdministratorRole.Owner;
        if (word is not null && (!Enum.TryParse(word, ignoreCase: true, out role) || !Enum.IsDefined(role)))
            return null;
        await using var app = WatchwordHost.Build([.. settings]);
        await WatchwordHost.PrepareAsync(app);
        var tenant = await app.Services.GetRequiredService<Database>().ReadAsync(db =>
            name is null ? new ApplicationStore(db).FirstTenantAsync() : new ApplicationStore(db).TenantByNameAsync(name));
        if (tenant is null)
        {
            await Console.Error.WriteLineAsync($"There is no tenant named '{name}'.");
            return 65;
        }
        var invited = await app.Services.GetRequiredService<Administrators>().InviteAsync(Author.Console(tenant), email, role);
        if (invited.Value is not { } made)
        {
            await Console.Error.WriteLineAsync(string.Join(Environment.NewLine, invited.Faults));
            return 65;
        }
        Console.WriteLine($"{app.Services.GetRequiredService<Issuer>().PublicUrl}{PortalRoom.Path}/join#{made.Code}");
        Console.WriteLine(made.Invitation.AdministratorId.Length > 0
            ? $"Opens once, until {made.Invitation.ExpiresAt:u}: {made.Invitation.Email} sets a new password and a new second factor there."
            : $"Opens once, until {made.Invitation.ExpiresAt:u}: {made.Invitation.Email} becomes {made.Invitation.Role} there.");
        return 0;
    }
}
