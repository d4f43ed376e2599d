using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Watchword.Client.Wire;

namespace Watchword.Client.Users;

/// <summary>
/// Users. A client of an application sees those of its application; a client that manages the tenant sees all, without what belongs to one
/// application (username, external_user_id, custom_app_data).
/// </summary>
public sealed class UsersApi
{
    private const int UsualPage = 500;
    private readonly Connection _connection;

    internal UsersApi(Connection connection) => _connection = connection;

    /// <summary>
    /// Creates a user. One that the tenant has and the application has not is only added to the application; nothing else of it changes.
    /// Tried again only when no connection was made.
    /// </summary>
    /// <exception cref="WatchwordException">
    /// <see cref="ErrorCodes.UserAlreadyExists"/>, <see cref="ErrorCodes.IdentifierTaken"/> or <see cref="ErrorCodes.IdentifierConflict"/>.
    /// </exception>
    public async Task<User> CreateAsync(NewUser user, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(user);
        var call = Call.Post(Address.Of("/cis/v1/users"), user, WatchwordJson.Default.NewUser, Repeat.IfNeverConnected);
        return (await _connection.SendAsync(call, cancellation)).Read(WatchwordJson.Default.ResultUser).Content;
    }

    /// <summary>
    /// The user with this phone number or email address, created if there is none. One that exists is not changed. What every login by phone
    /// number begins with.
    /// </summary>
    public async Task<User> GetOrCreateAsync(NewUser user, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(user);
        try
        {
            return await CreateAsync(user, cancellation);
        }
        catch (WatchwordException known) when (known.ErrorCode == ErrorCodes.UserAlreadyExists)
        {
            var found = user.PhoneNumber is { } phone ? await GetByPhoneNumberAsync(phone, cancellation) : null;
            found ??= user.Email is { } email ? await GetByEmailAsync(email, cancellation) : null;
            if (found is null)
                throw;
            return found;
        }
    }

    /// <summary>The user with this id, or null. Tried again.</summary>
    public Task<User?> GetAsync(string userId, CancellationToken cancellation = default) => FindAsync(ById(userId), cancellation);

    /// <summary>The user with this phone number, in any international spelling, or null. Tried again.</summary>
    public Task<User?> GetByPhoneNumberAsync(string phoneNumber, CancellationToken cancellation = default) =>
        FindAsync(Address.Of("/cis/v1/users/phone-number/{phone}", phoneNumber), cancellation);

    /// <summary>The user with this email address, or null. Tried again.</summary>
    public Task<User?> GetByEmailAsync(string email, CancellationToken cancellation = default) =>
        FindAsync(Address.Of("/cis/v1/users/email/{email}", email), cancellation);

    /// <summary>The user with this username, or null. Tried again.</summary>
    public Task<User?> GetByUsernameAsync(string username, CancellationToken cancellation = default) =>
        FindAsync(Address.Of("/cis/v1/users/username/{name}", username), cancellation);

    /// <summary>The user with this id of your own, or null. Tried again.</summary>
    public Task<User?> GetByExternalUserIdAsync(string externalUserId, CancellationToken cancellation = default) =>
        FindAsync(Address.Of("/cis/v1/users/external-user-id/{id}", externalUserId), cancellation);

    /// <summary>
    /// All users that the query finds, fetched page by page as you go. In the usual order, new users come last, so those who are added
    /// meanwhile are found and nobody is missed unless somebody is deleted. Each page is tried again.
    /// </summary>
    public async IAsyncEnumerable<User> ListAsync(UserQuery? query = null, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var offset = 0;
        while (true)
        {
            var page = await GetPageAsync(query, offset, UsualPage, cancellation);
            foreach (var user in page.Users)
                yield return user;
            offset += page.Users.Count;
            if (!page.HasMore || page.Users.Count == 0)
                yield break;
        }
    }

    /// <summary>One page of the users that the query finds. Tried again.</summary>
    /// <param name="query">Which, and in what order; all when left out.</param>
    /// <param name="offset">How many to leave out.</param>
    /// <param name="limit">How many to show, 1 to 5000.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public async Task<UserPage> GetPageAsync(UserQuery? query = null, int offset = 0, int limit = 100, CancellationToken cancellation = default)
    {
        var call = Call.Get((query ?? new UserQuery()).Page(offset, limit));
        var page = (await _connection.SendAsync(call, cancellation)).Read(WatchwordJson.Default.UserPageBody);
        return new UserPage(page.TotalCount, page.Result, page.PageInfo.HasNextPage);
    }

    /// <summary>How many users there are. Tried again.</summary>
    public async Task<long> CountAsync(CancellationToken cancellation = default) =>
        (await _connection.SendAsync(Call.Get(Address.Of("/cis/v1/users/count")), cancellation)).Read(WatchwordJson.Default.ResultUserCountBody).Content.UserCount;

    /// <summary>Changes a user: what is assigned in the update, and nothing else. Null when there is no such user. Tried again.</summary>
    public async Task<User?> UpdateAsync(string userId, UserUpdate update, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(update);
        var call = Call.Put(ById(userId), update.Body(), WatchwordJson.Default.JsonObject);
        return (await _connection.SendAsync(call, cancellation)).Find(WatchwordJson.Default.ResultUser)?.Content;
    }

    /// <summary>
    /// Takes a user out of this application; other applications keep them. False when the application has no such user. Tried again. For
    /// clients of an application.
    /// </summary>
    public async Task<bool> RemoveFromApplicationAsync(string userId, CancellationToken cancellation = default) =>
        (await _connection.SendAsync(Call.Delete(Address.Of("/cis/v1/users/{id}/apps", userId)), cancellation)).Removed();

    /// <summary>Deletes a user from the whole tenant. False when there is no such user. Tried again. For management clients.</summary>
    public async Task<bool> DeleteAsync(string userId, CancellationToken cancellation = default) =>
        (await _connection.SendAsync(Call.Delete(Address.Of("/cis/v1/manage/users/{id}", userId)), cancellation)).Removed();

    /// <summary>
    /// All that is kept of a user, for the user to have (GDPR Art. 15 and 20). Null when there is no such user. Tried again. For management
    /// clients.
    /// </summary>
    public async Task<JsonObject?> ExportAsync(string userId, CancellationToken cancellation = default) =>
        (await _connection.SendAsync(Call.Get(Address.Of("/cis/v1/manage/users/{id}/export", userId)), cancellation)).Find(WatchwordJson.Default.ResultJsonObject)?.Content;

    /// <summary>
    /// Ends a user's locks: in one application, or in all when none is named. False when there is no such user. Tried again. For management
    /// clients.
    /// </summary>
    public async Task<bool> UnlockAsync(string userId, string? appId = null, CancellationToken cancellation = default) =>
        (await _connection.SendAsync(Call.Post(Address.Of("/cis/v1/users/{id}/unlock", userId).With("app_id", appId), Repeat.Freely), cancellation)).Changed();

    private static Address ById(string userId) => Address.Of("/cis/v1/users/{id}", userId);

    private async Task<User?> FindAsync(Address address, CancellationToken cancellation) =>
        (await _connection.SendAsync(Call.Get(address), cancellation)).Find(WatchwordJson.Default.ResultUser)?.Content;
}
