using System.Text.Json;
using Watchword.Core.Users;

namespace Watchword.Server.Storage;

/// <summary>What a caller names a user by.</summary>
internal enum IdentifierType
{
    UserId,
    PhoneNumber,
    Email,
    Username,
    ExternalUserId,
}

/// <summary>A user as one application sees it; without an application, as the tenant does.</summary>
internal sealed record Member(User User, Membership? Membership);

/// <summary>One page of a search.</summary>
internal sealed record UserPage(long Total, IReadOnlyList<Member> Members);

/// <summary>The users of a tenant and their places in its applications.</summary>
internal sealed class UserStore(SqlSession db)
{
    private const string Columns =
        """
        u.tenant_id, u.user_id, u.status, u.created_at, u.updated_at, u.phone_number, u.phone_verified_at, u.email, u.email_verified_at,
        u.external_account_id, u.profile, u.identities, m.app_id, m.username, m.external_user_id, m.custom_app_data
        """;

    private const string InApplication = "FROM memberships m JOIN users u ON u.tenant_id = m.tenant_id AND u.user_id = m.user_id";

    /// <summary>For a management client, which sees users of any application and of none: the oldest membership stands for all.</summary>
    private const string InTenant =
        """
        FROM users u LEFT JOIN memberships m ON m.tenant_id = u.tenant_id AND m.user_id = u.user_id AND m.app_id =
        (SELECT MIN(o.app_id) FROM memberships o WHERE o.tenant_id = u.tenant_id AND o.user_id = u.user_id)
        """;

    private const string LastAuth = ", (SELECT MAX(l.last_auth) FROM login_state l WHERE l.tenant_id = u.tenant_id AND l.app_id = m.app_id AND l.user_id = u.user_id) AS last_auth";

    /// <summary>A user of an application, for a login. Leaves out what only pages show.</summary>
    public async ValueTask<Member?> FindForLoginAsync(string tenant, string app, IdentifierType type, string value) =>
        (await db.FirstAsync<MemberRow>(type switch
        {
            IdentifierType.UserId => $"SELECT {Columns} {InApplication} WHERE m.tenant_id = @tenant AND m.app_id = @app AND m.user_id = @value",
            IdentifierType.PhoneNumber => $"SELECT {Columns} {InApplication} WHERE u.tenant_id = @tenant AND u.phone_number = @value AND m.app_id = @app",
            IdentifierType.Email => $"SELECT {Columns} {InApplication} WHERE u.tenant_id = @tenant AND u.email = @value AND m.app_id = @app",
            IdentifierType.Username => $"SELECT {Columns} {InApplication} WHERE m.tenant_id = @tenant AND m.app_id = @app AND m.username_key = @value",
            _ => $"SELECT {Columns} {InApplication} WHERE m.tenant_id = @tenant AND m.app_id = @app AND m.external_user_id = @value",
        }, new { tenant, app, value }))?.ToMember();

    /// <summary>A user, of one application or (without one) of the tenant.</summary>
    public async ValueTask<Member?> FindAsync(string tenant, string? app, IdentifierType type, string value)
    {
        var column = type switch
        {
            IdentifierType.UserId => "u.user_id",
            IdentifierType.PhoneNumber => "u.phone_number",
            IdentifierType.Email => "u.email",
            IdentifierType.Username => "m.username_key",
            _ => "m.external_user_id",
        };
        var from = app is null ? $"{InTenant} WHERE u.tenant_id = @tenant" : $"{InApplication} WHERE m.tenant_id = @tenant AND m.app_id = @app";
        return (await db.FirstAsync<MemberRow>(
            $"SELECT {Columns}{LastAuth} {from} AND {column} = @value", app is null ? new { tenant, value } : new { tenant, app, value }))?.ToMember();
    }

    /// <summary>One page of the users that a filter finds.</summary>
    public async ValueTask<UserPage> SearchAsync(string tenant, string? app, UserQuery query)
    {
        var parameters = new Dictionary<string, object?>(StringComparer.Ordinal) { ["@tenant"] = tenant, ["@limit"] = query.Limit, ["@offset"] = query.Offset };
        if (app is not null)
            parameters["@app"] = app;
        var where = query.Where(parameters);
        var from = app is null ? $"{InTenant} WHERE u.tenant_id = @tenant" : $"{InApplication} WHERE m.tenant_id = @tenant AND m.app_id = @app";
        var rows = await db.AllAsync<MemberRow>(
            $"SELECT {Columns}{LastAuth} {from} {where} ORDER BY {query.OrderBy(app)} LIMIT @limit OFFSET @offset", parameters);
        parameters.Remove("@limit");
        parameters.Remove("@offset");
        var total = where.Length == 0
            ? await CountAsync(tenant, app)
            : await db.FirstAsync<long>($"SELECT COUNT(*) {from} {where}", parameters);
        return new UserPage(total, [.. rows.Select(r => r.ToMember())]);
    }

    public ValueTask<long> CountAsync(string tenant, string? app) => app is null
        ? db.FirstAsync<long>("SELECT COUNT(*) FROM users WHERE tenant_id = @tenant", new { tenant })
        : db.FirstAsync<long>("SELECT COUNT(*) FROM memberships WHERE tenant_id = @tenant AND app_id = @app", new { tenant, app });

    /// <summary>The applications a user is in.</summary>
    public async ValueTask<IReadOnlyList<string>> AppIdsAsync(string tenant, string user) =>
        await db.AllAsync<string>("SELECT app_id FROM memberships WHERE tenant_id = @tenant AND user_id = @user ORDER BY app_id", new { tenant, user });

    /// <summary>Who has this phone number or email address in the tenant, or null.</summary>
    public ValueTask<string?> IdOfAsync(string tenant, IdentifierType type, string value) => type switch
    {
        IdentifierType.PhoneNumber => db.FirstAsync<string>("SELECT user_id FROM users WHERE tenant_id = @tenant AND phone_number = @value", new { tenant, value }),
        IdentifierType.Email => db.FirstAsync<string>("SELECT user_id FROM users WHERE tenant_id = @tenant AND email = @value", new { tenant, value }),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Only these two are unique in the tenant."),
    };

    /// <summary>Who has this username or external user id in the application, or null.</summary>
    public ValueTask<string?> MemberIdOfAsync(string tenant, string app, IdentifierType type, string value) => type switch
    {
        IdentifierType.Username => db.FirstAsync<string>(
            "SELECT user_id FROM memberships WHERE tenant_id = @tenant AND app_id = @app AND username_key = @value", new { tenant, app, value }),
        IdentifierType.ExternalUserId => db.FirstAsync<string>(
            "SELECT user_id FROM memberships WHERE tenant_id = @tenant AND app_id = @app AND external_user_id = @value", new { tenant, app, value }),
        _ => db.FirstAsync<string>("SELECT user_id FROM memberships WHERE tenant_id = @tenant AND app_id = @app AND user_id = @value", new { tenant, app, value }),
    };

    public async ValueTask AddAsync(User user)
    {
        await db.ExecuteAsync(
            """
            INSERT INTO users (tenant_id, user_id, status, created_at, updated_at, phone_number, phone_verified_at, email, email_verified_at,
                external_account_id, first_name, last_name, profile, identities)
            VALUES (@tenant, @user, @status, @created, @updated, @phone, @phoneVerified, @email, @emailVerified, @account, @first, @last, @profile, @identities)
            """,
            ParametersOf(user));
        await AddNamesAsync(user);
    }

    /// <summary>
    /// Keeps the user's row from changing until this write ends. Whoever will replace a whole user holds it before reading it, or a change
    /// made meanwhile on PostgreSQL, such as an administrator's disable, would be written over.
    /// </summary>
    public async ValueTask HoldAsync(string tenant, string user) =>
        await db.ExecuteAsync("UPDATE users SET updated_at = updated_at WHERE tenant_id = @tenant AND user_id = @user", new { tenant, user });

    public async ValueTask ReplaceAsync(User user)
    {
        await db.ExecuteAsync(
            """
            UPDATE users SET status = @status, created_at = @created, updated_at = @updated, phone_number = @phone, phone_verified_at = @phoneVerified,
                email = @email, email_verified_at = @emailVerified, external_account_id = @account, first_name = @first, last_name = @last,
                profile = @profile, identities = @identities, disabled_at = CASE WHEN @status = 'Disabled' THEN COALESCE(disabled_at, @updated) END
            WHERE tenant_id = @tenant AND user_id = @user
            """,
            ParametersOf(user));
        await ForgetNamesAsync(user.TenantId, user.UserId);
        await AddNamesAsync(user);
    }

    /// <summary>Writes what a login shows of a user, and nothing else: whoever changes the profile meanwhile keeps their change.</summary>
    public async ValueTask MarkSeenAsync(User seen) =>
        await db.ExecuteAsync(
            """
            UPDATE users SET status = @status, updated_at = @updated, phone_verified_at = @phoneVerified, email_verified_at = @emailVerified,
                identities = @identities
            WHERE tenant_id = @tenant AND user_id = @user
            """,
            new
            {
                tenant = seen.TenantId,
                user = seen.UserId,
                status = seen.Status.ToString(),
                updated = seen.UpdatedAt.Ms(),
                phoneVerified = seen.PhoneVerifiedAt.Ms(),
                emailVerified = seen.EmailVerifiedAt.Ms(),
                identities = StoredJson.WriteChannels(seen.Identities),
            });

    public async ValueTask AddMembershipAsync(string tenant, string user, Membership membership, DateTimeOffset now) =>
        await db.ExecuteAsync(
            """
            INSERT INTO memberships (tenant_id, app_id, user_id, username, username_key, external_user_id, custom_app_data, created_at)
            VALUES (@tenant, @app, @user, @username, @usernameKey, @external, @data, @now)
            """,
            new
            {
                tenant,
                app = membership.AppId,
                user,
                username = membership.Username,
                usernameKey = KeyOf(membership.Username),
                external = membership.ExternalUserId,
                data = membership.CustomAppData?.GetRawText(),
                now = now.Ms(),
            });

    public async ValueTask ReplaceMembershipAsync(string tenant, string user, Membership membership) =>
        await db.ExecuteAsync(
            """
            UPDATE memberships SET username = @username, username_key = @usernameKey, external_user_id = @external, custom_app_data = @data
            WHERE tenant_id = @tenant AND app_id = @app AND user_id = @user
            """,
            new
            {
                tenant,
                app = membership.AppId,
                user,
                username = membership.Username,
                usernameKey = KeyOf(membership.Username),
                external = membership.ExternalUserId,
                data = membership.CustomAppData?.GetRawText(),
            });

    /// <summary>Takes a user out of an application, with all that hung on it there.</summary>
    public async ValueTask<bool> RemoveFromApplicationAsync(string tenant, string app, string user)
    {
        var key = new { tenant, app, user };
        await db.ExecuteAsync("DELETE FROM challenges WHERE tenant_id = @tenant AND app_id = @app AND user_id = @user", key);
        await db.ExecuteAsync("DELETE FROM outbox WHERE tenant_id = @tenant AND app_id = @app AND user_id = @user", key);
        await new SessionStore(db).DeleteAllAsync(tenant, user, app);
        // The failure count stays: leaving and coming back restores no guesses.
        return await db.ExecuteAsync("DELETE FROM memberships WHERE tenant_id = @tenant AND app_id = @app AND user_id = @user", key) == 1;
    }

    /// <summary>
    /// Deletes a user from the tenant, with all that is personal: of what happened, only that it happened to a user of this id stays. Finds
    /// what a user left behind in applications that it is no longer in, and may be repeated.
    /// </summary>
    public async ValueTask<bool> DeleteAsync(string tenant, string user)
    {
        var key = new { tenant, user };
        const string Everywhere = "tenant_id = @tenant AND user_id = @user AND app_id IN (SELECT app_id FROM applications WHERE tenant_id = @tenant)";
        await new SessionStore(db).DeleteAllAsync(tenant, user, app: null);
        await db.ExecuteAsync($"DELETE FROM login_state WHERE {Everywhere}", key);
        await db.ExecuteAsync($"DELETE FROM challenges WHERE {Everywhere}", key);
        await db.ExecuteAsync("DELETE FROM outbox WHERE tenant_id = @tenant AND user_id = @user", key);
        await db.ExecuteAsync("DELETE FROM memberships WHERE tenant_id = @tenant AND user_id = @user", key);
        await ForgetNamesAsync(tenant, user);
        // In this order: what the relay is moving meanwhile on PostgreSQL is waited for, and then found in the log.
        await new EventStore(db).EraseOriginsAsync(tenant, user);
        await new AuditStore(db).EraseOriginsAsync(tenant, user);
        return await db.ExecuteAsync("DELETE FROM users WHERE tenant_id = @tenant AND user_id = @user", key) == 1;
    }

    /// <summary>The form in which a user name is unique: case does not tell two apart.</summary>
    public static string? KeyOf(string? username) => username?.ToLowerInvariant();

    private async ValueTask AddNamesAsync(User user)
    {
        foreach (var key in NameKey.Both(user.Profile.Name?.FirstName, user.Profile.Name?.LastName))
        {
            await db.ExecuteAsync(
                "INSERT INTO user_names (tenant_id, name_key, user_id) VALUES (@tenant, @key, @user)", new { tenant = user.TenantId, key, user = user.UserId });
        }
    }

    private async ValueTask ForgetNamesAsync(string tenant, string user) =>
        await db.ExecuteAsync("DELETE FROM user_names WHERE tenant_id = @tenant AND user_id = @user", new { tenant, user });

    private static object ParametersOf(User user) => new
    {
        tenant = user.TenantId,
        user = user.UserId,
        status = user.Status.ToString(),
        created = user.CreatedAt.Ms(),
        updated = user.UpdatedAt.Ms(),
        phone = user.PhoneNumber,
        phoneVerified = user.PhoneVerifiedAt.Ms(),
        email = user.Email,
        emailVerified = user.EmailVerifiedAt.Ms(),
        account = user.ExternalAccountId,
        first = user.Profile.Name?.FirstName,
        last = user.Profile.Name?.LastName,
        profile = StoredJson.Write(user.Profile),
        identities = StoredJson.WriteChannels(user.Identities),
    };

    private sealed class MemberRow
    {
        public string TenantId { get; init; } = "";
        public string UserId { get; init; } = "";
        public string Status { get; init; } = "";
        public long CreatedAt { get; init; }
        public long UpdatedAt { get; init; }
        public string? PhoneNumber { get; init; }
        public long? PhoneVerifiedAt { get; init; }
        public string? Email { get; init; }
        public long? EmailVerifiedAt { get; init; }
        public string? ExternalAccountId { get; init; }
        public string Profile { get; init; } = "";
        public string Identities { get; init; } = "";
        public string? AppId { get; init; }
        public string? Username { get; init; }
        public string? ExternalUserId { get; init; }
        public string? CustomAppData { get; init; }
        public long? LastAuth { get; init; }

        public Member ToMember() => new(
            new User
            {
                TenantId = TenantId,
                UserId = UserId,
                Status = Enum.Parse<UserStatus>(Status),
                CreatedAt = CreatedAt.At(),
                UpdatedAt = UpdatedAt.At(),
                PhoneNumber = PhoneNumber,
                PhoneVerifiedAt = PhoneVerifiedAt.At(),
                Email = Email,
                EmailVerifiedAt = EmailVerifiedAt.At(),
                ExternalAccountId = ExternalAccountId,
                Profile = StoredJson.ReadProfile(Profile),
                Identities = StoredJson.ReadChannels(Identities),
            },
            AppId is null ? null : new Membership
            {
                AppId = AppId,
                Username = Username,
                ExternalUserId = ExternalUserId,
                CustomAppData = CustomAppData is null ? null : JsonElement.Parse(CustomAppData),
                LastAuth = LastAuth.At(),
            });
    }
}
