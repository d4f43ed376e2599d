using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Watchword.Server.Api;
using Watchword.Server.Delivery;
using Watchword.Server.Events;
using Watchword.Server.Portal;
using Watchword.Server.Storage;

namespace Watchword.Server.Hosting;

/// <summary>OpenTelemetry, when a collector is configured; without one nothing is measured twice.</summary>
internal static partial class Telemetry
{
    public static void Add(WebApplicationBuilder builder, TelemetryOptions options)
    {
        if (options.OtlpEndpoint is not { Length: > 0 } endpoint)
            return;
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("watchword"))
            .WithTracing(traces => traces
                .AddAspNetCoreInstrumentation(http =>
                {
                    http.Filter = context => !context.Request.Path.StartsWithSegments("/health", StringComparison.Ordinal);
                    // Paths hold phone numbers and addresses of people; their patterns do not.
                    http.EnrichWithHttpResponse = (activity, response) =>
                        activity.SetTag("url.path", (response.HttpContext.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText);
                })
                .AddSource(DeliveryTelemetry.Name, EventsTelemetry.Name)
                .AddOtlpExporter(otlp => otlp.Endpoint = new Uri(endpoint)))
            .WithMetrics(metrics => metrics
                .AddAspNetCoreInstrumentation()
                .AddRuntimeInstrumentation()
                .AddMeter(ApiTelemetry.MeterName, DeliveryTelemetry.Name, EventsTelemetry.Name, StorageTelemetry.MeterName, PortalTelemetry.MeterName)
                .AddOtlpExporter(otlp => otlp.Endpoint = new Uri(endpoint)));
    }

    [LoggerMessage(1, LogLevel.Error, "Housekeeping failed; it is tried again in a few minutes")]
    public static partial void HousekeepingFailed(ILogger log, Exception failure);

    [LoggerMessage(2, LogLevel.Error, "The database does not answer")]
    public static partial void NotReady(ILogger log, Exception failure);
}
