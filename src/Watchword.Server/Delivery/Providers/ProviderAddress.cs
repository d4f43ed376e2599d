namespace Watchword.Server.Delivery.Providers;

/// <summary>Addresses and other settings that go into requests: what they may look like.</summary>
internal static class ProviderAddress
{
    /// <summary>The address that a host name, or a whole address, stands for; https unless it says otherwise. It has no slash at its end.</summary>
    public static string Of(string setting) =>
        (setting.Contains("://", StringComparison.Ordinal) ? setting : "https://" + setting).TrimEnd('/');

    /// <summary>What is wrong with a field that holds a host name or a base address, if it is filled in; a sentence each.</summary>
    public static IEnumerable<string> HostFaults(ProviderSettings settings, string field)
    {
        if (settings[field] is not { } setting)
            return [];
        var faults = WholeFaults(field, Of(setting)).ToList();
        if (faults.Count == 0 && new Uri(Of(setting)).Query.Length > 0)
            faults.Add($"{field} must not hold a query (?…).");
        return faults;
    }

    /// <summary>What is wrong with a field that holds a whole address.</summary>
    public static IEnumerable<string> WholeFaults(string field, string? setting)
    {
        if (setting is null)
            yield break;
        if (setting.Length > 2000 || !Uri.TryCreate(setting, UriKind.Absolute, out var uri) || uri.Scheme is not ("https" or "http") || uri.Host.Length == 0)
        {
            yield return $"{field} must be an address, for example https://sms.example.com.";
            yield break;
        }
        if (uri.Scheme == "http" && !uri.IsLoopback)
            yield return $"{field} must use https, because secrets travel over it; http is allowed on this machine only.";
        if (uri.UserInfo.Length > 0)
            yield return $"{field} must not hold a user name or a password.";
        if (setting.Contains('#', StringComparison.Ordinal))
            yield return $"{field} must not have a fragment (#…).";
    }

    /// <summary>What is wrong with a field that goes into a header.</summary>
    public static IEnumerable<string> HeaderFaults(ProviderSettings settings, string field)
    {
        if (settings[field] is { } value && value.Any(c => c is <= ' ' or > '~'))
            yield return $"{field} must consist of ASCII letters, digits and signs, without spaces.";
    }

    /// <summary>
    /// Where a provider can report to, or null: one that is elsewhere cannot reach an address that only this machine knows, and some
    /// refuse the whole message because of it.
    /// </summary>
    public static string? ReceiptUrl(Handover handover, string provider) =>
        handover.ReceiptUrl is { } url && (!url.IsLoopback || new Uri(provider).IsLoopback) ? url.AbsoluteUri : null;
}
