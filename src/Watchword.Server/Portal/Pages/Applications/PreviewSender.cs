using Watchword.Core.Apps;
using Watchword.Core.Otp;
using Watchword.Server.Administration;

namespace Watchword.Server.Portal.Pages.Applications;

/// <summary>Whose name most users see above an SMS of an application.</summary>
internal static class PreviewSender
{
    /// <summary>Where no route has a name.</summary>
    public const string Unnamed = "Your provider’s number";

    /// <summary>The name on the route that carries messages to everywhere, or else on the first one.</summary>
    public static async Task<string> OfAsync(DeliveryAdministration delivery, Application app)
    {
        var routes = (await delivery.ReadAsync(app.TenantId)).Routes.Where(r => r.Channel == OtpChannel.Sms && (r.AppId is null || r.AppId == app.AppId)).ToList();
        return (routes.Find(r => r.Match.Count == 0) ?? routes.FirstOrDefault())?.Providers[0].Sender ?? Unnamed;
    }
}
