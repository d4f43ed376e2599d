using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Watchword.Client;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds <see cref="WatchwordClient"/> to an application.</summary>
public static class WatchwordServiceCollectionExtensions
{
    /// <summary>
    /// Adds a <see cref="WatchwordClient"/>. Settings that are wrong stop the application at its start, all told at once.
    /// </summary>
    /// <returns>How its requests are made; add handlers here.</returns>
    public static IHttpClientBuilder AddWatchword(this IServiceCollection services, Action<WatchwordOptions> configure) =>
        Add(services, Options.Options.DefaultName, null, configure);

    /// <summary>
    /// Adds a <see cref="WatchwordClient"/>, with its settings from a section: <c>ServerUrl</c>, <c>ClientId</c>, <c>ClientSecret</c> and, if you
    /// like, <c>Issuer</c>, <c>Timeout</c>, <c>MaxRetries</c>, <c>AllowPlainHttp</c>.
    /// </summary>
    /// <returns>How its requests are made; add handlers here.</returns>
    public static IHttpClientBuilder AddWatchword(this IServiceCollection services, IConfiguration section, Action<WatchwordOptions>? configure = null) =>
        Add(services, Options.Options.DefaultName, section, configure);

    /// <summary>
    /// Adds another <see cref="WatchwordClient"/>, such as one that manages the tenant: <c>[FromKeyedServices("management")] WatchwordClient</c>.
    /// </summary>
    /// <returns>How its requests are made; add handlers here.</returns>
    public static IHttpClientBuilder AddWatchword(this IServiceCollection services, string name, Action<WatchwordOptions> configure) =>
        Add(services, name, null, configure);

    /// <summary>Adds another <see cref="WatchwordClient"/>, with its settings from a section.</summary>
    /// <returns>How its requests are made; add handlers here.</returns>
    public static IHttpClientBuilder AddWatchword(
        this IServiceCollection services, string name, IConfiguration section, Action<WatchwordOptions>? configure = null) =>
        Add(services, name, section, configure);

    private static IHttpClientBuilder Add(IServiceCollection services, string name, IConfiguration? section, Action<WatchwordOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(name);
        services.AddOptions<WatchwordOptions>(name)
            .Configure(options =>
            {
                if (section is not null)
                    options.Read(section);
                configure?.Invoke(options);
            })
            .ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<WatchwordOptions>, WatchwordOptionsValidation>());
        if (name.Length == 0)
            services.TryAddSingleton(provider => Make(provider, name));
        else
            services.TryAddKeyedSingleton(name, (provider, _) => Make(provider, name));
        return services.AddHttpClient(HttpName(name))
            .ConfigureHttpClient(http => http.Timeout = Timeout.InfiniteTimeSpan)
            // The client lives as long as the application, so connections are what has to be renewed for changes of DNS.
            .UseSocketsHttpHandler((handler, _) =>
            {
                handler.PooledConnectionLifetime = TimeSpan.FromMinutes(5);
                handler.ConnectTimeout = TimeSpan.FromSeconds(5);
                // A token or a code must not follow a redirect to somebody else.
                handler.AllowAutoRedirect = false;
            })
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            // The factory's own lines have whole addresses, and there are phone numbers in some.
            .RemoveAllLoggers();
    }

    private static WatchwordClient Make(IServiceProvider provider, string name) => new(
        provider.GetRequiredService<IHttpClientFactory>().CreateClient(HttpName(name)),
        provider.GetRequiredService<IOptionsMonitor<WatchwordOptions>>().Get(name),
        provider.GetService<TimeProvider>(),
        provider.GetService<ILogger<WatchwordClient>>());

    private static string HttpName(string name) => name.Length == 0 ? "Watchword" : $"Watchword:{name}";
}

/// <summary>Tells all faults of the settings at once, when the application starts.</summary>
internal sealed class WatchwordOptionsValidation : IValidateOptions<WatchwordOptions>
{
    public ValidateOptionsResult Validate(string? name, WatchwordOptions options) =>
        options.Faults() is { Count: > 0 } faults ? ValidateOptionsResult.Fail(faults.Select(f => $"Watchword: {f}")) : ValidateOptionsResult.Success;
}
