using PhoneNumbers;

namespace Watchword.Core.Messages;

/// <summary>Which regions and calling codes there are, as the tables of phone numbers know them.</summary>
public static class Countries
{
    private static readonly HashSet<string> Regions = [.. PhoneNumberUtil.GetInstance().GetSupportedRegions()];

    private static readonly HashSet<string> CallingCodes =
        [.. PhoneNumberUtil.GetInstance().GetSupportedCallingCodes().Select(code => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"+{code}"))];

    /// <summary>Whether this is a region with phone numbers, such as <c>GB</c> (ISO 3166-1, capitals).</summary>
    public static bool IsRegion(string? region) => region is not null && Regions.Contains(region);

    /// <summary>A region's calling code, such as <c>+44</c>.</summary>
    public static string CallingCodeOf(string region) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"+{PhoneNumberUtil.GetInstance().GetCountryCodeForRegion(region)}");

    /// <summary>The regions that share a calling code, the main one first; none for those of no region, such as <c>+800</c>.</summary>
    public static IReadOnlyList<string> RegionsOf(string callingCode) =>
        [.. PhoneNumberUtil.GetInstance().GetRegionCodesForCountryCode(int.Parse(callingCode[1..], System.Globalization.CultureInfo.InvariantCulture)).Where(IsRegion)];

    /// <summary>All calling codes, in their order.</summary>
    public static IReadOnlyList<string> AllCallingCodes { get; } = [.. CallingCodes.OrderBy(c => c, StringComparer.Ordinal)];

    /// <summary>Whether this is a calling code, such as <c>+44</c>.</summary>
    public static bool IsCallingCode(string? code) => code is not null && CallingCodes.Contains(code);
}
