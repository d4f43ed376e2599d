using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Watchword.Server.Delivery;
using Watchword.Server.Delivery.Providers;
using Watchword.Server.Tokens;

namespace Watchword.Server.Api.Messages;

/// <summary>
/// <c>/cis/v1/receipts/…</c>: where providers report what became of a message. They have no client token. The key in the address is checked
/// before anything is looked up, then the provider's own signature where its kind has one.
/// </summary>
internal static class ReceiveReceipt
{
    // One answer for all that is not ours to take, so that strangers learn nothing from the difference.
    private static readonly ApiError Refused = ApiErrors.Forbidden("This is no address that we gave out, or the receipt does not prove that it comes from the provider.");

    public static async Task<Results<Ok, ApiError>> HandleAsync(
        string tenant, string providerId, string messageId, [FromQuery(Name = "key")] string? key, HttpContext context,
        ReceiptAddress addresses, Issuer issuer, ProviderDirectory directory, Receipts receipts)
    {
        if (!addresses.Verify(tenant, providerId, messageId, key)
            || await directory.FindAsync(tenant, providerId) is not { Kind.Receipts: { } reader, Settings: { } settings } provider)
            return Refused;
        // From the configured public URL: that is what the provider was given, and what it signs.
        if (!Uri.TryCreate(issuer.PublicUrl + context.Request.Path.ToUriComponent() + context.Request.QueryString, UriKind.Absolute, out var url))
            return ApiErrors.InvalidInput("The address cannot be read.");
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var headers = context.Request.Headers.ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value.ToString(), StringComparer.Ordinal);
        var reading = reader.Read(new ReceiptRequest(url, headers, body.ToArray()), settings);
        if (reading.Receipts is null)
            return reading == ReceiptReading.Unreadable ? ApiErrors.InvalidInput(reading.Fault!) : Refused;
        await receipts.AcceptAsync(tenant, providerId, provider.Sender.Name, messageId, reading.Receipts);
        return TypedResults.Ok();
    }
}
