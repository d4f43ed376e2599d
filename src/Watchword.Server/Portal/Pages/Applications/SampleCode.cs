namespace Watchword.Server.Portal.Pages.Applications;

/// <summary>The code in previews: nobody's.</summary>
internal static class SampleCode
{
    private const string Digits = "48291375";

    /// <summary>One of as many digits as codes have; of the usual six while the field is empty or out of range.</summary>
    public static string Of(int? length) => Digits[..(length is >= 4 and <= 8 ? length.Value : 6)];
}
