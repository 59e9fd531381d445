using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Fabric.Silo.Tests.ExtAuthz;

/// <summary>nginx on a port and in a folder of its own, with `auth_request` in front of an upstream, set up as docs/STANDARDS.md has it.</summary>
internal sealed class Nginx : IAsyncDisposable
{
    private readonly string _folder;
    private readonly Process _process;

    private Nginx(string folder, Process process, Uri address) => (_folder, _process, Address) = (folder, process, address);

    public static string? Program { get; } = new[] { "/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx" }.FirstOrDefault(File.Exists);

    public Uri Address { get; }

    public static async Task<Nginx> StartAsync(Uri fabric, Uri upstream)
    {
        var folder = Directory.CreateTempSubdirectory("fabric-nginx-").FullName;
        var port = FreePort();
        await File.WriteAllTextAsync(Path.Combine(folder, "nginx.conf"), Settings(port, fabric, upstream));
        var process = Process.Start(new ProcessStartInfo(Program!, ["-p", folder, "-c", "nginx.conf", "-e", "stderr"]) { RedirectStandardError = true, UseShellExecute = false })!;
        var said = "";
        while (await process.StandardError.ReadLineAsync() is { } line)
        {
            said += line + "\n";

            // Its sockets are bound before it starts the workers.
            if (line.Contains("start worker process", StringComparison.Ordinal))
            {
                _ = process.StandardError.ReadToEndAsync();
                return new Nginx(folder, process, new Uri($"http://127.0.0.1:{port}"));
            }
        }
        throw new InvalidOperationException("nginx did not start: " + said);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Settings(int port, Uri fabric, Uri upstream) => $$"""
        {{(Environment.IsPrivilegedProcess ? "user root;" : "")}}
        daemon off;
        worker_processes 1;
        pid nginx.pid;
        error_log stderr notice;
        events { worker_connections 256; }
        http {
          access_log off;
          client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
          upstream fabric { server {{fabric.Host}}:{{fabric.Port}}; keepalive 8; }
          server {
            listen 127.0.0.1:{{port}};
            location / {
              auth_request /_fabric;
              auth_request_set $fabric_agent $upstream_http_x_fabric_agent;
              auth_request_set $fabric_user $upstream_http_x_fabric_user;
              proxy_set_header X-Fabric-Agent $fabric_agent;
              proxy_set_header X-Fabric-User $fabric_user;
              proxy_pass http://{{upstream.Host}}:{{upstream.Port}};
            }
            location = /_fabric {
              internal;
              proxy_pass http://fabric/v1/ext-authz;
              proxy_http_version 1.1;
              proxy_set_header Connection "";
              proxy_pass_request_body off;
              proxy_set_header Content-Length "";
              proxy_set_header X-Original-Method $request_method;
              proxy_set_header X-Original-URI $request_uri;
            }
          }
        }
        """;
}
