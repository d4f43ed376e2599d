using Microsoft.AspNetCore.Identity;
using Watchword.Server.Storage;

namespace Watchword.Server.Portal.Accounts;

/// <summary>
/// What a password has to be: long, and not made of what is tried first (NIST SP 800-63B-4 §3.1.1.2: no rules of composition, a check
/// against what is common or expected). It never stands alone: there is always a second factor.
/// </summary>
internal sealed class PasswordRules : IPasswordValidator<Administrator>
{
    public const int Shortest = 12;
    public const int Longest = 200;

    private const int FewestDifferent = 6;
    private const string TooCommon = "This is one of the first that an attacker would try. Take a few unrelated words.";

    /// <summary>What the commonest passwords are made of. Each counts as one character of what it stands in.</summary>
    private static readonly string[] Expected =
    [
        "password", "passwort", "passw0rd", "p@ssw0rd", "p@ssword", "qwertyuiop", "qwerty", "qwertz", "azerty", "asdfghjkl", "asdfgh", "zxcvbnm", "1q2w3e4r5t", "1q2w3e4r", "1qaz2wsx",
        "1234567890", "123456789", "12345678", "123456", "12345", "1234", "987654321", "abcdefgh", "abcd", "abc123", "iloveyou", "letmein", "welcome", "admin", "administrator", "root", "login",
        "monkey", "dragon", "sunshine", "princess", "football", "baseball", "superman", "master", "shadow", "trustno1", "changeme", "change", "secret", "default", "hello", "summer", "winter",
        "spring", "autumn", "watchword", "portal", "company", "server",
    ];

    public Task<IdentityResult> ValidateAsync(UserManager<Administrator> manager, Administrator user, string? password) =>
        Task.FromResult(Fault(user, password) is { } fault ? IdentityResult.Failed(new IdentityError { Code = "password", Description = fault }) : IdentityResult.Success);

    internal static string? Fault(Administrator user, string? password) => password switch
    {
        null or { Length: < Shortest } => $"Take at least {Shortest} characters; a sentence is easy to remember.",
        { Length: > Longest } => $"Take at most {Longest} characters.",
        _ when Unexpected(user, password).Distinct().Count() < FewestDifferent => TooCommon,
        _ => null,
    };

    /// <summary>What is left of it once everything that could be expected has shrunk.</summary>
    private static string Unexpected(Administrator user, string password)
    {
        var left = password.ToLowerInvariant();
        string[] own = [.. user.Email.Split('@', '.', '-', '_'), .. user.Name.ToLowerInvariant().Split(' ')];
        foreach (var word in own.Where(w => w.Length > 2).Concat(Expected).OrderByDescending(w => w.Length))
            left = left.Replace(word, "*", StringComparison.Ordinal);
        return left;
    }
}
