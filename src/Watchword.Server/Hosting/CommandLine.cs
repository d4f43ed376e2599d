using System.Data.Common;
using System.Net.Sockets;
using Watchword.Server.Administration;

namespace Watchword.Server.Hosting;

/// <summary>What <c>watchword</c> does when it is called with words.</summary>
internal static class CommandLine
{
    private const string Help =
        """
        watchword                        starts the server
        watchword tenants create NAME    makes a tenant and prints its management client, once
        watchword administrators invite EMAIL
                                         prints a link by which somebody becomes an owner of the portal, or gets back in
                                         --role administrator|support|auditor, --tenant NAME
        watchword audit verify           checks the audit logs; --tenant NAME: of one tenant;
                                         --head SEQUENCE:MAC: is a head noted earlier still there?
        watchword help                   this

        Settings come from the environment, section Watchword: see docs/configuration.md.
        """;

    /// <summary>Runs the server or one command; the exit code: 1 an audit log with faults; by sysexits.h 64 wrong words, 65 a name that cannot be, 69 something needed is away, 78 configuration.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        // Words are commands; what begins with a dash is a setting for the host, such as --urls.
        var words = args.TakeWhile(a => !a.StartsWith('-')).ToArray();
        try
        {
            if (args is ["--help" or "-h"])
                words = ["help"];
            switch (words)
            {
                case []:
                    await ServeAsync(args);
                    return 0;
                case ["tenants", "create", var name]:
                    return await CreateTenantAsync(name, args[words.Length..]);
                case ["administrators", "invite", var email]:
                    return await AdministratorsCommand.InviteAsync(email, args[words.Length..]) ?? await WrongWordsAsync();
                case ["audit", "verify"]:
                    return await AuditCommand.VerifyAsync(args[words.Length..]) ?? await WrongWordsAsync();
                case ["help"]:
                    Console.WriteLine(Help);
                    return 0;
                default:
                    return await WrongWordsAsync();
            }
        }
        catch (ConfigurationException configuration)
        {
            await Console.Error.WriteLineAsync("Watchword cannot start. Mend these settings:");
            foreach (var fault in configuration.Faults)
                await Console.Error.WriteLineAsync("  - " + fault);
            return 78;
        }
        catch (Exception failure) when (Explain(failure) is { } sentence)
        {
            await Console.Error.WriteLineAsync("Watchword cannot start. " + sentence);
            return 69;
        }
    }

    private static async Task<int> WrongWordsAsync()
    {
        await Console.Error.WriteLineAsync(Help);
        return 64;
    }

    /// <summary>What an operator can mend without us: the address is taken, the database is away. Anything else deserves its stack trace.</summary>
    private static string? Explain(Exception failure) => failure switch
    {
        DbException => "The database cannot be opened: " + failure.Message,
        InvalidOperationException { InnerException: DbException or SocketException } => failure.Message,
        IOException or UnauthorizedAccessException => failure.Message,
        _ => null,
    };

    private static async Task ServeAsync(string[] args)
    {
        await using var app = WatchwordHost.Build(args);
        await WatchwordHost.PrepareAsync(app);
        await app.RunAsync();
    }

    private static async Task<int> CreateTenantAsync(string name, string[] settings)
    {
        await using var app = WatchwordHost.Build(settings);
        await WatchwordHost.PrepareAsync(app);
        var made = await app.Services.GetRequiredService<ApplicationAdministration>().CreateTenantAsync(name);
        if (made.Faults.Count > 0)
        {
            await Console.Error.WriteLineAsync(string.Join(Environment.NewLine, made.Faults));
            return 65;
        }
        Console.WriteLine($"tenant_id      {made.Value!.Client.TenantId}");
        Console.WriteLine($"client_id      {made.Value.Client.ClientId}");
        Console.WriteLine($"client_secret  {made.Value.Secret}");
        Console.WriteLine("The secret is shown this once. Keep it in a safe place.");
        return 0;
    }

    /// <summary>Takes an option and its value out of the list; false when the value is missing.</summary>
    public static bool Take(List<string> options, string name, out string? value)
    {
        value = null;
        var at = options.IndexOf(name);
        if (at < 0)
            return true;
        if (at + 1 >= options.Count)
            return false;
        value = options[at + 1];
        options.RemoveRange(at, 2);
        return true;
    }
}
