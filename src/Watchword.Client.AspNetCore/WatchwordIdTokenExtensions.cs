using Microsoft.Extensions.DependencyInjection.Extensions;
using Watchword.Client.AspNetCore;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds <see cref="IdTokenValidator"/> to an application.</summary>
public static class WatchwordIdTokenExtensions
{
    /// <summary>Adds an <see cref="IdTokenValidator"/>, which proves who logged in, how, when, and what they approved.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="serverUrl">The server's public address; http only on this machine.</param>
    /// <param name="clientId">Your client: the audience of its ID tokens.</param>
    public static IServiceCollection AddWatchwordIdTokens(this IServiceCollection services, string serverUrl, string clientId)
    {
        services.AddHttpClient(nameof(IdTokenValidator));
        services.TryAddSingleton(provider => new IdTokenValidator(
            provider.GetRequiredService<IHttpClientFactory>().CreateClient(nameof(IdTokenValidator)), serverUrl, clientId, provider.GetService<TimeProvider>()));
        return services;
    }
}
