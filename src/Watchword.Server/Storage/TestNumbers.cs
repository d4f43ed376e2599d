using Microsoft.AspNetCore.DataProtection;
using Watchword.Core.Apps;
using Watchword.Core.Otp;
using Watchword.Core.Users;

namespace Watchword.Server.Storage;

/// <summary>Test numbers at rest: found by a keyed tag, read by nobody who has the database alone.</summary>
internal static class TestNumbers
{
    public static SealedTestNumber Close(TestNumber number, string tenant, string app, MasterKey keys, Seal seal) => new(
        TagOf(keys, tenant, app, number.Number.E164), seal.TestNumbers.Protect($"{number.Number.E164} {number.Code.Reveal()}"), number.ExpiresAt);

    public static TestNumber Open(SealedTestNumber number, Seal seal)
    {
        var parts = seal.TestNumbers.Unprotect(number.Body).Split(' ');
        return PhoneNumber.TryParse(parts[0], out var phone)
            ? new TestNumber(phone, Passcode.Fixed(parts[1]), number.ExpiresAt)
            : throw new FormatException("A stored test number is none.");
    }

    /// <summary>The application's unexpired test number with this E.164 spelling, or null.</summary>
    public static SealedTestNumber? Find(Application app, string e164, MasterKey keys, DateTimeOffset now)
    {
        // Most applications have none, and need no tag.
        if (app.Settings.TestNumbers.Count == 0)
            return null;
        var tag = TagOf(keys, app.TenantId, app.AppId, e164);
        return app.Settings.TestNumbers.FirstOrDefault(t => t.Tag == tag && t.ExpiresAt > now);
    }

    private static string TagOf(MasterKey keys, string tenant, string app, string e164) =>
        Tags.TextOf(keys.DestinationKey, "test-number", tenant, app, e164);
}
