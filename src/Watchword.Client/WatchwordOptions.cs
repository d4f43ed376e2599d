using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Watchword.Client;

/// <summary>Where the server is and who is calling.</summary>
public sealed class WatchwordOptions
{
    private readonly List<string> _unreadable = [];

    /// <summary>The server's address, such as <c>https://login.example.com</c>. HTTPS, unless it is on this machine.</summary>
    public Uri? ServerUrl { get; set; }

    /// <summary>
    /// The name the server signs by. Leave it out unless you reach the server at another address than its public one: it is
    /// <see cref="ServerUrl"/> followed by <c>/cis/oidc</c>.
    /// </summary>
    public Uri? Issuer { get; set; }

    /// <summary>The id of the client that calls.</summary>
    public string? ClientId { get; set; }

    /// <summary>Its secret. Keep it out of files that are checked in.</summary>
    public string? ClientSecret { get; set; }

    /// <summary>Another way to prove who is calling, in place of <see cref="ClientId"/> and <see cref="ClientSecret"/>.</summary>
    public ClientCredential? Credential { get; set; }

    /// <summary>How long one call may take, its retries and its client token included. 15 seconds unless set.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How often a call that may be repeated is repeated, 0 to 10. Twice unless set.</summary>
    public int MaxRetries { get; set; } = 2;

    /// <summary>Allows a server on plain HTTP that is not on this machine. Only for networks in which nobody listens.</summary>
    public bool AllowPlainHttp { get; set; }

    internal Uri IssuerOrDefault => Issuer ?? new Uri(ServerUrl!.AbsoluteUri.TrimEnd('/') + "/cis/oidc");

    internal ClientCredential CredentialOrDefault => Credential ?? ClientCredential.FromSecret(ClientId!, ClientSecret!);

    /// <summary>Whether this is an address that tokens and codes may be sent to.</summary>
    internal static bool IsSafe(Uri address, bool allowPlainHttp) =>
        address.IsAbsoluteUri && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && (allowPlainHttp || address.IsLoopback)));

    /// <summary>Everything that is wrong, one sentence each.</summary>
    internal IReadOnlyList<string> Faults()
    {
        var faults = new List<string>(_unreadable);
        if (ServerUrl is null)
            faults.Add("ServerUrl is required: the server's address, such as https://login.example.com.");
        else if (!IsSafe(ServerUrl, AllowPlainHttp) || ServerUrl.Query.Length > 0 || ServerUrl.Fragment.Length > 0 || ServerUrl.UserInfo.Length > 0)
            faults.Add("ServerUrl must be an https address (http only on this machine) without user, query or fragment.");
        if (Issuer is { IsAbsoluteUri: false })
            faults.Add("Issuer must be an absolute address, such as https://login.example.com/cis/oidc.");
        if (Credential is null)
        {
            if (string.IsNullOrWhiteSpace(ClientId))
                faults.Add("ClientId is required.");
            if (string.IsNullOrWhiteSpace(ClientSecret))
                faults.Add("ClientSecret is required, or a Credential in its place.");
        }
        else if (ClientSecret is not null || (ClientId is not null && ClientId != Credential.ClientId))
        {
            faults.Add("Set either ClientId with ClientSecret, or Credential; not both.");
        }
        if (Timeout < TimeSpan.FromMilliseconds(100) || Timeout > TimeSpan.FromMinutes(10))
            faults.Add("Timeout must be 100 milliseconds to 10 minutes.");
        if (MaxRetries is < 0 or > 10)
            faults.Add("MaxRetries must be 0 to 10.");
        return faults;
    }

    /// <summary>Reads a section by hand: a binder would need reflection, and would stop at the first value that cannot be read.</summary>
    internal void Read(IConfiguration section)
    {
        ServerUrl = Value(section, nameof(ServerUrl), ServerUrl, AddressOf);
        Issuer = Value(section, nameof(Issuer), Issuer, AddressOf);
        ClientId = section[nameof(ClientId)] ?? ClientId;
        ClientSecret = section[nameof(ClientSecret)] ?? ClientSecret;
        Timeout = Value(section, nameof(Timeout), Timeout, text => TimeSpan.Parse(text, CultureInfo.InvariantCulture));
        MaxRetries = Value(section, nameof(MaxRetries), MaxRetries, text => int.Parse(text, CultureInfo.InvariantCulture));
        AllowPlainHttp = Value(section, nameof(AllowPlainHttp), AllowPlainHttp, bool.Parse);

        static Uri AddressOf(string text) => new(text, UriKind.Absolute);
    }

    /// <summary>Without the secret.</summary>
    public override string ToString() => $"{ServerUrl} as {Credential?.ClientId ?? ClientId}";

    private T Value<T>(IConfiguration section, string name, T current, Func<string, T> read)
    {
        if (section[name] is not { Length: > 0 } text)
            return current;
        try
        {
            return read(text);
        }
        catch (Exception fault) when (fault is FormatException or OverflowException)
        {
            _unreadable.Add($"{name} cannot be read.");
            return current;
        }
    }
}
